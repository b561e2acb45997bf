import { useEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { write } from '../api/exact';
import { Needs } from '../ui/needs';
import { PickBox } from '../ui/selection';
import { addressOfRow, type Column, type Entity, nameOf, type Row } from './entity';
import { remove } from './store';

/** The classes of a column's cells. */
export function classOf({ key, number, wide }: Column): string {
  return [key, number && 'number', wide && 'wide'].filter(Boolean).join(' ');
}

/** The table's callbacks for its rows. */
export interface RowProps {
  entity: Entity;
  row: Row;
  picked: boolean;
  onPick: (row: Row, on: boolean) => void;
}

/** A row in the table. It lights up once when it has changed. */
export function TableRow({ entity, row, picked, onPick }: RowProps) {
  const [first, ...others] = entity.columns;
  const line = useRef<HTMLTableRowElement>(null);
  useFlash(line, write(row));
  const under = entity.under?.(row);
  return (
    <tr ref={line} data-id={row.id}>
      <td class="pick">
        <PickBox label={`Select ${nameOf(entity, row)}`} checked={picked} onPick={(on) => onPick(row, on)} />
      </td>
      {first && (
        <th scope="row" class={classOf(first)}>
          <Link href={addressOfRow(entity, row.id)}>
            <bdi>{contentOf(entity, first, row)}</bdi>
          </Link>
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
          <DeleteButton entity={entity} row={row} />
        </Needs>
      </td>
    </tr>
  );
}

function contentOf(entity: Entity, column: Column, row: Row) {
  if (column.key === entity.named && !column.cell) return nameOf(entity, row);
  return column.cell ? column.cell(row) : String(row[column.key] ?? '—');
}

function DeleteButton({ entity, row }: { entity: Entity; row: Row }) {
  const busy = useRef(false);
  const onClick = async () => {
    if (busy.current) return;
    busy.current = true;
    await remove(entity, row);
    busy.current = false;
  };
  return (
    <button
      type="button"
      class="icon"
      aria-label={`Delete ${nameOf(entity, row)}`}
      title="Delete"
      onClick={() => void onClick()}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <path
          d="M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10M8.5 9v4.5M11.5 9v4.5"
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
