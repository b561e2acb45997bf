import { useMutation } from '@tanstack/preact-query';
import { Needs } from '../ui/needs';
import { complain, tell } from '../ui/notices';
import { count } from '../ui/number';
import { type Entity, type Named, plural } from './entity';
import type { Show } from './toolbar';
import { isFiltered, type View } from './view';

/** The first look at a platform without any rows. */
export function FirstRun({ entity, onCreate }: { entity: Entity; onCreate: () => void }) {
  const { noun, about, samples } = entity;
  return (
    <section class="panel empty" aria-labelledby="no-rows">
      <h2 id="no-rows">There are no {plural(entity)} yet</h2>
      <p>{about}</p>
      <div class="row">
        <Needs scope="write">
          {samples && <Samples entity={entity} make={samples} />}
          <button type="button" class="secondary" onClick={onCreate}>
            Create the first {noun}
          </button>
        </Needs>
      </div>
    </section>
  );
}

function Samples({ entity, make }: { entity: Entity; make: (of: Named) => Promise<number> }) {
  const making = useMutation({
    mutationFn: () => make(entity),
    onSuccess: (made) => tell(`Added ${count(made, `sample ${entity.noun}`, `sample ${plural(entity)}`)}`),
    onError: (error) => complain(`The sample ${plural(entity)} were not added`, error),
  });
  return (
    <button
      type="button"
      aria-disabled={making.isPending}
      onClick={() => {
        if (!making.isPending) making.mutate();
      }}
    >
      {making.isPending ? 'Adding…' : `Add sample ${plural(entity)}`}
    </button>
  );
}

/** A view that leaves everything out, or a page without any of its rows, as all are gone. */
export function NothingFound({
  entity,
  view,
  show,
  busy,
}: {
  entity: Entity;
  view: View;
  show: Show;
  busy: boolean;
}) {
  const filtered = isFiltered(view) && view.cursor === '';
  return (
    <section class="panel empty" aria-busy={busy} role="status">
      <p>
        {filtered ? (
          <>
            No {entity.noun} {reason(entity, view)}.
          </>
        ) : (
          <>There is nothing on this page any more: its {plural(entity)} were deleted or have moved.</>
        )}
      </p>
      <p class="row">
        <button type="button" class="secondary" onClick={() => show(filtered ? { q: '', filters: {} } : {})}>
          {filtered ? 'Clear the filters' : 'Go to the first page'}
        </button>
      </p>
    </section>
  );
}

function reason({ filters = [] }: Entity, view: View): string {
  const reasons = filters.flatMap((filter) => {
    const value = view.filters[filter.param];
    return value ? [filter.reason(value)] : [];
  });
  if (view.q) reasons.push(`contains “${view.q}”`);
  return reasons.join(' and ');
}
