import { useEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { write } from '../api/exact';
import { Needs } from '../ui/needs';
import { PickBox } from '../ui/selection';
import { addressOfRow, type Column, type Entity, nameOf, type Row } from './entity';
import { bringBack, remove } from './store';

/** The classes of a column's cells. */
export function classOf({ key, number, wide }: Column): string {
  return [key, number && 'number', wide && 'wide'].filter(Boolean).join(' ');
}

/** What a table does with its rows. */
export interface RowProps {
  entity: Entity;
  row: Row;
  /** Whether the list is that of the deleted rows, which have no page. */
  deleted: boolean;
  picked: boolean;
  onPick: (row: Row, on: boolean) => void;
}

/** A row in the table. It lights up once when it has changed. */
export function TableRow({ entity, row, deleted, picked, onPick }: RowProps) {
  const [first, ...others] = entity.columns;
  const line = useRef<HTMLTableRowElement>(null);
  useFlash(line, write(row));
  const under = entity.under?.(row);
  const name = first && <bdi>{contentOf(entity, first, row)}</bdi>;
  return (
    <tr ref={line} data-id={row.id}>
      <td class="pick">
        <PickBox label={`Select ${nameOf(entity, row)}`} checked={picked} onPick={(on) => onPick(row, on)} />
      </td>
      {first && (
        <th scope="row" class={classOf(first)}>
          {deleted ? name : <Link href={addressOfRow(entity, row.id)}>{name}</Link>}
          {under && <small class="under">{under}</small>}
        </th>
      )}
      {others.map((column) => (
        <td key={column.key} class={classOf(column)}>
          {contentOf(entity, column, row)}
        </td>
      ))}
      <td class="act">
        <Needs scope="write">
          {deleted ? (
            <Act
              label={`Restore ${nameOf(entity, row)}`}
              title="Restore"
              path="M4 8h8a4 4 0 0 1 0 8H7M4 8l3.5-3.5M4 8l3.5 3.5"
              act={() => bringBack(entity, row.id)}
            />
          ) : (
            <Act
              label={`Delete ${nameOf(entity, row)}`}
              title="Delete"
              path="M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10M8.5 9v4.5M11.5 9v4.5"
              act={() => remove(entity, row)}
            />
          )}
        </Needs>
      </td>
    </tr>
  );
}

function contentOf(entity: Entity, column: Column, row: Row) {
  if (column.key === entity.named && !column.cell) return nameOf(entity, row);
  return column.cell ? column.cell(row) : String(row[column.key] ?? '—');
}

/** Does something to the row, once at a time. */
function Act({
  label,
  title,
  path,
  act,
}: {
  label: string;
  title: string;
  path: string;
  act: () => Promise<unknown>;
}) {
  const busy = useRef(false);
  const onClick = async () => {
    if (busy.current) return;
    busy.current = true;
    await act();
    busy.current = false;
  };
  return (
    <button type="button" class="icon" aria-label={label} title={title} onClick={() => void onClick()}>
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <path
          d={path}
          fill="none"
          stroke="currentColor"
          stroke-width="1.4"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
    </button>
  );
}

function useFlash(row: { current: HTMLElement | null }, state: string): void {
  const shown = useRef(state);
  useEffect(() => {
    const element = row.current;
    if (shown.current === state || !element) return;
    shown.current = state;
    element.classList.remove('changed');
    void element.offsetWidth; // lets the animation begin anew
    element.classList.add('changed');
  }, [row, state]);
}
