import { Time } from '../../ui/time';
import type { Run } from '../types';

/** The attempts of a run that failed, the first one first. */
export function Errors({ run }: { run: Run }) {
  if (run.errors.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="run-errors">
      <h2 id="run-errors">Attempts that failed</h2>
      <ol class="attempts">
        {run.errors.map((failed) => (
          <li key={`${failed.attempt} ${failed.at}`}>
            <h3>
              Attempt {failed.attempt}, <Time at={failed.at} exact />
            </h3>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
            <pre tabIndex={0}>{failed.error}</pre>
            {failed.trace && (
              <details>
                <summary>Stack of the panic</summary>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
                <pre tabIndex={0}>{failed.trace}</pre>
              </details>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
