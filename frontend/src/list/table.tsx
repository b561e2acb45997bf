import { PickBox, type Selection } from '../ui/selection';
import { type Column, type Entity, plural, type Row } from './entity';
import { useKeptFocus } from './focus';
import type { Held } from './held';
import { classOf, TableRow } from './row';
import type { Show } from './toolbar';
import { nextSort, type View } from './view';

/** A page of rows. They are keyed by id: a refresh moves them, and keeps the focus in them. */
export function Table({
  entity,
  held: { rows, onPointerEnter, onPointerLeave },
  selection: { chosen, set },
  view,
  show,
  busy,
}: {
  entity: Entity;
  held: Held<Row>;
  selection: Selection<Row>;
  view: View;
  show: Show;
  busy: boolean;
}) {
  const body = useKeptFocus(
    entity.name,
    rows.map((row) => row.id),
    'h1',
  );
  return (
    <div class="table">
      <table class={`rows ${entity.name}`} aria-busy={busy}>
        <caption class="visually-hidden">{entity.title}</caption>
        <thead>
          <tr>
            <th scope="col" class="pick">
              <PickBox
                label={`Select all ${plural(entity)} on this page`}
                checked={rows.every(({ id }) => chosen.has(id))}
                some={rows.some(({ id }) => chosen.has(id))}
                onPick={(on) => set(rows, on)}
              />
            </th>
            {entity.columns.map((column) => (
              <Head key={column.key} column={column} view={view} show={show} />
            ))}
            <th scope="col" class="act">
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body} onPointerEnter={onPointerEnter} onPointerLeave={onPointerLeave}>
          {rows.map((row) => (
            <TableRow
              key={row.id}
              entity={entity}
              row={row}
              picked={chosen.has(row.id)}
              onPick={(one, on) => set([one], on)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ column, view, show }: { column: Column; view: View; show: Show }) {
  const { key, text, sort: first } = column;
  const up = view.sort === key;
  const down = view.sort === `-${key}`;
  return (
    <th scope="col" class={classOf(column)} aria-sort={up ? 'ascending' : down ? 'descending' : undefined}>
      {first ? (
        <button type="button" class="sort" onClick={() => show({ sort: nextSort(view.sort, first) })}>
          {text}
          <span class="arrow" aria-hidden="true">
            {up ? '↑' : down ? '↓' : ''}
          </span>
        </button>
      ) : (
        text
      )}
    </th>
  );
}
