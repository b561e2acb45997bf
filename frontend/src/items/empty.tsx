import { useMutation } from '@tanstack/preact-query';
import { Needs } from '../ui/needs';
import { complain, tell } from '../ui/notices';
import { count } from '../ui/number';
import type { Show } from './toolbar';
import { isFiltered, type View } from './view';

/** The first look at a platform without items. */
export function FirstRun({ onCreate }: { onCreate: () => void }) {
  const make = useMutation({
    mutationFn: async () => (await import('./samples')).makeSamples(),
    onSuccess: (made) => tell(`Made ${count(made, 'sample item')}`),
    onError: (error) => complain('The sample items were not made', error),
  });
  return (
    <section class="panel empty" aria-labelledby="no-items">
      <h2 id="no-items">There are no items yet</h2>
      <p>
        An item is a record with a name and, if you like, a description, attributes of any kind and a time
        when it expires. The worker gives each a slug, finds duplicates, and marks what has expired.
      </p>
      <div class="row">
        <Needs scope="write">
          <button
            type="button"
            aria-disabled={make.isPending}
            onClick={() => {
              if (!make.isPending) make.mutate();
            }}
          >
            {make.isPending ? 'Making…' : 'Make sample items'}
          </button>
          <button type="button" class="secondary" onClick={onCreate}>
            Create the first item
          </button>
        </Needs>
      </div>
    </section>
  );
}

/** A view that leaves everything out, or a page whose items are all gone. */
export function NothingFound({ view, show, busy }: { view: View; show: Show; busy: boolean }) {
  const filtered = isFiltered(view) && view.cursor === '';
  return (
    <section class="panel empty" aria-busy={busy} role="status">
      <p>
        {filtered ? (
          <>No item {reason(view)}.</>
        ) : (
          <>There is nothing on this page any more: its items were deleted or have moved.</>
        )}
      </p>
      <p class="row">
        <button
          type="button"
          class="secondary"
          onClick={() => show(filtered ? { q: '', status: '', duplicateOf: null } : {})}
        >
          {filtered ? 'Clear the filters' : 'Go to the first page'}
        </button>
      </p>
    </section>
  );
}

function reason(view: View): string {
  const reasons = [
    ...(view.status ? [`is ${view.status}`] : []),
    ...(view.duplicateOf === null ? [] : [`is a duplicate of item ${view.duplicateOf}`]),
    ...(view.q ? [`contains “${view.q}”`] : []),
  ];
  return reasons.join(' and ');
}
