import type { Item } from '../api/client';

/** Where an item is in its life. */
export function ItemStatus({ status }: { status: Item['status'] }) {
  return (
    <span class={`badge ${status === 'active' ? 'good' : 'warn'}`}>
      <span class="dot" aria-hidden="true" />
      {status === 'active' ? 'Active' : 'Expired'}
    </span>
  );
}
