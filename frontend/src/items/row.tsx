import { useEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Item } from '../api/client';
import { Needs } from '../ui/needs';
import { Time } from '../ui/time';
import { remove } from './save';
import { ItemStatus } from './status';

/** An item in the table. It lights up once when it has changed. */
export function ItemRow({ item }: { item: Item }) {
  const row = useRef<HTMLTableRowElement>(null);
  useFlash(row, `${item.version} ${item.enriched} ${item.status} ${item.duplicate_of}`);
  return (
    <tr ref={row} data-id={item.id}>
      <th scope="row" class="name">
        <Link href={`/items/${item.id}`}>{item.name}</Link>
        <small class="under">
          <span class="narrow">
            <ItemStatus status={item.status} />
          </span>
          {item.duplicate_of !== null && (
            <span>
              duplicate of <Link href={`/items/${item.duplicate_of}`}>{item.duplicate_of}</Link>
            </span>
          )}
        </small>
      </th>
      <td class="status">
        <ItemStatus status={item.status} />
      </td>
      <td class="expires">{item.expires_at === null ? <Never /> : <Time at={item.expires_at} />}</td>
      <td class="updated_at">
        <Time at={item.updated_at} />
      </td>
      <td class="id number">{item.id}</td>
      <td class="act">
        <Needs scope="write">
          <DeleteButton item={item} />
        </Needs>
      </td>
    </tr>
  );
}

function Never() {
  return (
    <>
      <span aria-hidden="true">—</span>
      <span class="visually-hidden">never</span>
    </>
  );
}

function DeleteButton({ item }: { item: Item }) {
  const busy = useRef(false);
  const onClick = async () => {
    if (busy.current) return;
    busy.current = true;
    await remove(item);
    busy.current = false;
  };
  return (
    <button
      type="button"
      class="icon"
      aria-label={`Delete ${item.name}`}
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
