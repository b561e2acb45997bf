import { useQuery } from '@tanstack/preact-query';
import { Time } from '../../ui/time';
import { readyQuery } from '../queries';
import { type Cell, cells } from './cells';

/** The present state of each part of the platform. The banner on every page explains the troubles. */
export function Health() {
  const { data, error, errorUpdatedAt } = useQuery(readyQuery());
  // An error is forgotten while the next answer is awaited, unless there was an answer before.
  const failed = error !== null || (data === undefined && errorUpdatedAt > 0);
  const parts = data && !failed ? cells(data) : cells(null);
  return (
    <section aria-label="Health">
      <dl class="health">
        {parts.map((cell) => (
          <div key={cell.name}>
            <dt>{cell.name}</dt>
            {data || failed ? <State cell={cell} /> : <dd class="quiet">asking…</dd>}
          </div>
        ))}
      </dl>
    </section>
  );
}

function State({ cell: { tone, word, details, at } }: { cell: Cell }) {
  return (
    <>
      <dd class={`badge ${tone}`}>
        <span class="dot" aria-hidden="true" />
        {word}
      </dd>
      <dd class="quiet">
        {details.join(' · ')} {at && <Time at={at} />}
      </dd>
    </>
  );
}
