import type { RowOf } from '../list/entity';

/** Where an item is in its life. */
export function ItemStatus({ status }: { status: RowOf<'items'>['status'] }) {
  return status === 'active' ? <Badge good>Active</Badge> : <Badge>Expired</Badge>;
}

/** Whether the worker has seen this version of an item. */
export function Enriched({ enriched }: { enriched: boolean }) {
  return <Badge good={enriched}>{enriched ? 'Yes' : 'Waiting for the worker'}</Badge>;
}

function Badge({ good = false, children }: { good?: boolean; children: string }) {
  return (
    <span class={`badge ${good ? 'good' : 'warn'}`}>
      <span class="dot" aria-hidden="true" />
      {children}
    </span>
  );
}
