import { type UseQueryResult, useQuery } from '@tanstack/preact-query';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { itemQuery } from '../api/queries';
import { pollEvery } from '../live/live';
import { Loaded } from '../ui/loaded';
import { Needs } from '../ui/needs';
import { complain, tell } from '../ui/notices';
import { Page } from '../ui/page';
import { Duplicates } from './duplicates';
import { Editor } from './editor';
import { Attributes, Facts } from './facts';
import { isStatus, type Read, remove, restore } from './save';
import { parseId } from './view';
import '../style/items.css';

/** Everything about one item. */
export function ItemPage({ id: text }: { id: string }) {
  const id = parseId(text);
  if (id === null)
    return <Missing text={text} hint="An item's address ends in its number, such as /items/7." />;
  return <Known id={id} />;
}

/** The form is beside the page's states: what is typed in it outlives the item. */
function Known({ id }: { id: number }) {
  const read = useQuery({ ...itemQuery(id), refetchInterval: pollEvery });
  const [editing, setEditing] = useState<Read | null>(null);
  return (
    <>
      <State id={id} read={read} onEdit={setEditing} />
      {editing && <Editor read={editing} onClose={() => setEditing(null)} />}
    </>
  );
}

function State({
  id,
  read,
  onEdit,
}: {
  id: number;
  read: UseQueryResult<Read>;
  onEdit: (read: Read) => void;
}) {
  if (isStatus(read.error, 404)) {
    if (read.data) return <Deleted read={read.data} />;
    return <Missing text={String(id)} hint="It was deleted, or it never was." />;
  }
  const loaded = (
    <Loaded query={read} what={`Item ${id}`}>
      {(data) => <Details read={data} onEdit={() => onEdit(data)} onGone={() => void read.refetch()} />}
    </Loaded>
  );
  return read.data ? loaded : <Page title={`Item ${id}`}>{loaded}</Page>;
}

function Details({ read: { item }, onEdit, onGone }: { read: Read; onEdit: () => void; onGone: () => void }) {
  const removing = useRef(false);
  const onDelete = async () => {
    if (removing.current) return;
    removing.current = true;
    if (await remove(item)) onGone();
    removing.current = false;
  };
  return (
    <Page
      title={item.name}
      lead={<Link href="/items">All items</Link>}
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
        <div class="item-said">
          {item.description && (
            <section class="panel" aria-label="Description">
              <p class="prose">{item.description}</p>
            </section>
          )}
          <Attributes attributes={item.attributes} />
          <Duplicates of={item.id} />
        </div>
        <Facts item={item} />
      </div>
    </Page>
  );
}

/** An item that was here a moment ago. */
function Deleted({ read: { item } }: { read: Read }) {
  const heading = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);
  const restoring = useRef(false);
  const onRestore = async () => {
    if (restoring.current) return;
    restoring.current = true;
    try {
      await restore(item.id);
      tell(`Restored “${item.name}”`);
    } catch (error) {
      complain(`“${item.name}” was not restored`, error);
    }
    restoring.current = false;
  };
  return (
    <Page title={item.name} lead={<Link href="/items">All items</Link>}>
      <div class="callout" role="status" tabIndex={-1} ref={heading}>
        <p>
          <strong>This item was deleted.</strong> It can be restored until the worker purges it.
        </p>
        <Needs scope="write">
          <button type="button" class="secondary" onClick={() => void onRestore()}>
            Restore
          </button>
        </Needs>
      </div>
    </Page>
  );
}

function Missing({ text, hint }: { text: string; hint: string }) {
  return (
    <Page title="No such item">
      <p>
        There is no item <code>{text}</code>. {hint} <Link href="/items">All items</Link>
      </p>
    </Page>
  );
}
