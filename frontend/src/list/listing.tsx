import { useEffect, useRef, useState } from 'preact/hooks';
import type { Page } from '../api/client';
import { useLack } from '../ui/needs';
import { count, number } from '../ui/number';
import { type Bulk, Selected, useSelection } from '../ui/selection';
import { TimesButton } from '../ui/time';
import { type Entity, plural, type Row } from './entity';
import { useHeld } from './held';
import { Pager } from './pager';
import { deleteRow, readAll, refresh, restoreRow } from './store';
import { Table } from './table';
import type { Show } from './toolbar';
import { addressOf, filterOf, type View } from './view';

const TOP = 'list-pager';
const MOST = 1_000; // rows that are chosen at once, as many as the API gives at once

/** How many rows come before a page, by its list and its cursor; of an address that was opened, it is not known. */
const before = new Map<string, number>();

/** A page of rows between two pagers, and how many rows there are. */
export function Listing({
  entity,
  page,
  view,
  show,
  total,
  busy,
}: {
  entity: Entity;
  page: Page<Row>;
  view: View;
  show: Show;
  total: number | null;
  busy: boolean;
}) {
  const address = addressOf(entity, view);
  const list = addressOf(entity, { ...view, cursor: '' });
  const held = useHeld(page.rows, address, busy);
  const selection = useSelection<Row>(list);
  const offset = view.cursor === '' ? 0 : before.get(list + view.cursor);
  const text = total === null || busy ? '' : rangeOf(entity, page, offset, total);
  const shown = useRef(text);
  if (!busy) shown.current = text; // the count belongs to the rows that are shown
  const go: Show = (change, how) => {
    const { cursor } = change;
    if (cursor && offset !== undefined) {
      const at = cursor === page.next ? offset + page.rows.length : Math.max(0, offset - view.limit);
      before.set(list + cursor, at);
    }
    show(change, how);
  };
  const pager = { page, busy, first: view.cursor !== '', show: go };
  return (
    <>
      <div class="list-count">
        <p class="quiet">
          {shown.current}
          {held.waiting > 0 && ` · ${count(held.waiting, 'change')} shown when the pointer leaves the list`}
        </p>
        <Announced text={text} about={address} />
        <TimesButton />
        <Pager {...pager} id={TOP} label={`Pages of ${plural(entity)}`} />
      </div>
      <BulkBar entity={entity} view={view} selection={selection} total={total} />
      <Table entity={entity} held={held} selection={selection} view={view} show={show} busy={busy} />
      {page.rows.length > 15 && (
        <div class="list-count end">
          <Pager {...pager} label={`Pages of ${plural(entity)}, below`} after={(name) => toTop(name)} />
        </div>
      )}
    </>
  );
}

/** "26–50 of 60 notes", or "60 notes" where the place of the page is not known or all are on it. */
function rangeOf(entity: Entity, { rows }: Page<Row>, offset: number | undefined, total: number): string {
  const all = count(total, entity.noun, plural(entity));
  if (offset === undefined || rows.length >= total) return all;
  return `${number(offset + 1)}–${number(offset + rows.length)} of ${all}`;
}

/** The actions on the chosen rows. */
function BulkBar({
  entity,
  view,
  selection,
  total,
}: {
  entity: Entity;
  view: View;
  selection: ReturnType<typeof useSelection<Row>>;
  total: number | null;
}) {
  const lack = useLack('write');
  const action: Bulk<Row> = {
    label: 'Delete',
    danger: true,
    doing: 'Deleting',
    done: 'Deleted',
    act: (row) => deleteRow(entity, row),
    undo: { doing: 'Restoring', done: 'Restored', act: (row) => restoreRow(entity, row.id) },
  };
  return (
    <Selected
      selection={selection}
      nouns={[entity.noun, plural(entity)]}
      actions={lack ? [] : [action]}
      all={
        total === null
          ? undefined
          : { total, most: MOST, read: (signal) => readAll(entity, filterOf(view), MOST, signal) }
      }
      onDone={() => refresh(entity)}
    />
  );
}

/** After a click at the bottom, the reader goes on at the top. */
function toTop(name: string): void {
  const pager = document.getElementById(TOP);
  pager?.scrollIntoView({ block: 'center' });
  pager?.querySelector<HTMLElement>(`[name="${name}"]`)?.focus({ preventScroll: true });
}

/** Says the count aloud when another view is shown, not at each live change. */
function Announced({ text, about }: { text: string; about: string }) {
  const [said, setSaid] = useState({ about: '', text: '' });
  useEffect(() => {
    if (text && said.about !== about) setSaid({ about, text });
  }, [text, about, said.about]);
  return (
    <p class="visually-hidden" role="status">
      {said.text}
    </p>
  );
}
