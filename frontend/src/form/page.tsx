import { type UseQueryResult, useQuery } from '@tanstack/preact-query';
import { Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isStatus } from '../api/problem';
import { addressOfRow, capital, type Entity, nameOf, one, type Row } from '../list/entity';
import { ToList } from '../list/last';
import { bringBack, oneQuery, type Read, remove } from '../list/store';
import { parseId } from '../list/view';
import { pollEvery } from '../live/live';
import { Loaded } from '../ui/loaded';
import { Needs } from '../ui/needs';
import { Page } from '../ui/page';
import { Editor } from './editor';
import { Facts } from './facts';
import { valueIn } from './values';
import '../style/form.css';

/** Everything about one row. */
export function RowPage({ entity, id: text }: { entity: Entity; id: string }) {
  const id = parseId(text);
  if (id === null) {
    const hint = `${capital(one(entity))}'s address ends in its number, such as ${addressOfRow(entity, 7)}.`;
    return <Missing entity={entity} text={text} hint={hint} />;
  }
  return <Known entity={entity} id={id} />;
}

/** The form is beside the page's states: its typed text outlives the row. */
function Known({ entity, id }: { entity: Entity; id: number }) {
  const read = useQuery({ ...oneQuery(entity, id), refetchInterval: pollEvery });
  const [editing, setEditing] = useState<Read | null>(null);
  return (
    <>
      <State entity={entity} id={id} read={read} onEdit={setEditing} />
      {editing && <Editor entity={entity} read={editing} onClose={() => setEditing(null)} />}
    </>
  );
}

function State({
  entity,
  id,
  read,
  onEdit,
}: {
  entity: Entity;
  id: number;
  read: UseQueryResult<Read>;
  onEdit: (read: Read) => void;
}) {
  if (isStatus(read.error, 404)) {
    if (read.data) return <Deleted entity={entity} read={read.data} />;
    return <Missing entity={entity} text={String(id)} id={id} hint="It was deleted or never existed." />;
  }
  const title = `${capital(entity.noun)} ${id}`;
  const loaded = (
    <Loaded query={read} what={title}>
      {(data) => (
        <Details
          entity={entity}
          row={data.row}
          onEdit={() => onEdit(data)}
          onGone={() => void read.refetch()}
        />
      )}
    </Loaded>
  );
  return read.data ? loaded : <Page title={title}>{loaded}</Page>;
}

function Details({
  entity,
  row,
  onEdit,
  onGone,
}: {
  entity: Entity;
  row: Row;
  onEdit: () => void;
  onGone: () => void;
}) {
  const removing = useRef(false);
  const onDelete = async () => {
    if (removing.current) return;
    removing.current = true;
    if (await remove(entity, row)) onGone();
    removing.current = false;
  };
  return (
    <Page
      title={nameOf(entity, row)}
      lead={<ToList of={entity} />}
      actions={
        <Needs scope="write">
          <button type="button" class="secondary" onClick={onEdit}>
            Edit
          </button>
          <button type="button" class="danger" onClick={() => void onDelete()}>
            Delete
          </button>
        </Needs>
      }
    >
      <div class="columns">
        <div class="said">
          {entity.fields.map(
            ({ key, panel, shown }) => panel && <Fragment key={key}>{shown(valueIn(row, key))}</Fragment>,
          )}
          {entity.panels?.(row, entity)}
        </div>
        <Facts entity={entity} row={row} />
      </div>
    </Page>
  );
}

/** A row that was here a moment ago. */
function Deleted({ entity, read: { row } }: { entity: Entity; read: Read }) {
  const heading = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <Page title={nameOf(entity, row)} lead={<ToList of={entity} />}>
      <div class="callout" role="status" tabIndex={-1} ref={heading}>
        <p>
          <strong>This {entity.noun} was deleted.</strong> It can be restored until the worker purges it.
        </p>
        <Restore entity={entity} id={row.id} />
      </div>
    </Page>
  );
}

/** Brings a deleted row back, whether or not it was ever shown. */
function Restore({ entity, id }: { entity: Entity; id: number }) {
  const busy = useRef(false);
  const onClick = async () => {
    if (busy.current) return;
    busy.current = true;
    await bringBack(entity, id);
    busy.current = false;
  };
  return (
    <Needs scope="write">
      <button type="button" class="secondary" onClick={() => void onClick()}>
        Restore
      </button>
    </Needs>
  );
}

/** An address of no row, or of a deleted row, which the API does not tell apart. */
function Missing({ entity, text, id, hint }: { entity: Entity; text: string; id?: number; hint: string }) {
  return (
    <Page title={`No such ${entity.noun}`}>
      <p>
        There is no {entity.noun} <code>{text}</code>. {hint} <ToList of={entity} />
      </p>
      {id !== undefined && (
        <div class="callout">
          <p>If it was deleted, it can be restored until the worker purges it.</p>
          <Restore entity={entity} id={id} />
        </div>
      )}
    </Page>
  );
}
