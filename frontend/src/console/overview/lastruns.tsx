import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import { pollEvery } from '../../live/live';
import { Loaded } from '../../ui/loaded';
import { number } from '../../ui/number';
import { Time } from '../../ui/time';
import { lastRunsQuery } from '../queries';
import { Took } from '../runs/took';
import { RunState } from '../state';

/** The newest runs, each a link to its page. */
export function LastRuns() {
  const query = useQuery({ ...lastRunsQuery(), refetchInterval: pollEvery });
  return (
    <section class="panel glance" aria-labelledby="last-runs">
      <header class="panel-head">
        <h2 id="last-runs">Last runs</h2>
        <Link href="/runs">All runs</Link>
      </header>
      <Loaded query={query} what="The runs">
        {({ rows }) =>
          rows.length === 0 ? (
            <p class="quiet">Nothing has run yet. Schedules start within a minute of the first worker.</p>
          ) : (
            <table class="lines" aria-labelledby="last-runs">
              <thead>
                <tr>
                  <th scope="col">Task</th>
                  <th scope="col">State</th>
                  <th scope="col">When</th>
                  <th scope="col" class="number spare">
                    Duration
                  </th>
                  <th scope="col" class="number spare">
                    Rows
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((run) => (
                  <tr key={run.id}>
                    <td>
                      <Link href={`/runs/${run.id}`}>{run.task}</Link>
                    </td>
                    <td>
                      <RunState state={run.state} />
                    </td>
                    <td>
                      <Time at={run.started_at ?? run.run_at ?? run.created_at} />
                    </td>
                    <td class="number spare">
                      <Took run={run} />
                    </td>
                    <td class="number spare">{number(run.rows_affected)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </section>
  );
}
