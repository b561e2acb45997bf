import { CopyButton } from '../../ui/copy';
import { Time } from '../../ui/time';
import type { Run } from '../types';
import { type Failed, failures } from './words';

/** Why attempts failed, the newest first; the same error again and again is told once. */
export function Errors({ run }: { run: Run }) {
  const [newest, ...older] = failures(run.errors);
  if (!newest) return null;
  return (
    <section class="panel" aria-labelledby="run-errors">
      <h2 id="run-errors">{run.state === 'discarded' ? 'Why it failed' : 'Failed attempts'}</h2>
      <Reason failed={newest} />
      {run.state === 'discarded' && (
        <p>
          It is not retried. The runbook <code>ops/runbooks/run-discarded.md</code> tells how to find the
          cause; once it is gone, Retry runs the task again.
        </p>
      )}
      {older.length > 0 && (
        <details>
          <summary>Earlier errors</summary>
          {older.map((failed) => (
            <Reason key={failed.first} failed={failed} />
          ))}
        </details>
      )}
    </section>
  );
}

function Reason({ failed: { first, last, at, error, trace } }: { failed: Failed }) {
  return (
    <article class="attempt">
      <h3>
        {first === last ? `Attempt ${last}` : `Attempts ${first} to ${last}`}, <Time at={at} exact />{' '}
        <CopyButton what="the error" text={error} />
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling element must be reached by keyboard */}
      <pre tabIndex={0}>{error}</pre>
      {trace && (
        <details>
          <summary>Stack trace</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling element must be reached by keyboard */}
          <pre tabIndex={0}>{trace}</pre>
        </details>
      )}
    </article>
  );
}
