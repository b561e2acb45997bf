import type { Item } from '../api/client';
import { useKeptFocus } from './focus';
import { ItemRow } from './row';
import type { Show } from './toolbar';
import { nextSort, type Sort, type View } from './view';

interface Column {
  name: 'name' | 'updated_at' | 'id';
  text: string;
  first: Sort; // what the first click on its head sorts by
}

/** A page of items. Rows are keyed by id: a refresh moves them, and keeps the focus in them. */
export function ItemsTable({
  rows,
  view,
  show,
  busy,
}: {
  rows: Item[];
  view: View;
  show: Show;
  busy: boolean;
}) {
  const body = useKeptFocus(
    rows.map((item) => item.id),
    'h1',
  );
  const head = { view, show };
  return (
    <div class="table">
      <table class="items" aria-busy={busy}>
        <caption class="visually-hidden">Items</caption>
        <thead>
          <tr>
            <Head {...head} column={{ name: 'name', text: 'Name', first: 'name' }} />
            <th scope="col" class="status">
              Status
            </th>
            <th scope="col" class="expires">
              Expires
            </th>
            <Head {...head} column={{ name: 'updated_at', text: 'Updated', first: '-updated_at' }} />
            <Head {...head} column={{ name: 'id', text: 'ID', first: '-id' }} />
            <th scope="col" class="act">
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((item) => (
            <ItemRow key={item.id} item={item} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ column, view, show }: { column: Column; view: View; show: Show }) {
  const { name, text, first } = column;
  const up = view.sort === name;
  const down = view.sort === `-${name}`;
  return (
    <th
      scope="col"
      class={name === 'id' ? 'id number' : name}
      aria-sort={up ? 'ascending' : down ? 'descending' : undefined}
    >
      <button type="button" class="sort" onClick={() => show({ sort: nextSort(view.sort, name, first) })}>
        {text}
        <span class="arrow" aria-hidden="true">
          {up ? '↑' : down ? '↓' : ''}
        </span>
      </button>
    </th>
  );
}
