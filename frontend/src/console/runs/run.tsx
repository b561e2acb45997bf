import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import { ApiProblem } from '../../api/problem';
import { pollEvery } from '../../live/live';
import { Loaded } from '../../ui/loaded';
import { Needs } from '../../ui/needs';
import { number } from '../../ui/number';
import { Page } from '../../ui/page';
import { Time } from '../../ui/time';
import { runQuery } from '../queries';
import type { Run } from '../types';
import { RunActions } from './actions';
import { Errors } from './errors';
import { Facts } from './facts';
import '../style/runs.css';

/** One run: its state, its results, and its actions. */
export function RunPage({ id }: { id: string }) {
  return /^[1-9]\d{0,15}$/.test(id) ? <Known id={Number(id)} /> : <NoSuchRun id={id} />;
}

function Known({ id }: { id: number }) {
  const query = useQuery({ ...runQuery(id), refetchInterval: pollEvery });
  const { data: run, error } = query;
  if (error instanceof ApiProblem && error.status === 404) return <NoSuchRun id={String(id)} />;
  return (
    <Page
      title={`Run ${id}`}
      lead={run ? <TaskOf run={run} /> : ' '}
      actions={
        run && (
          <Needs scope="admin">
            <RunActions key={run.id} run={run} />
          </Needs>
        )
      }
    >
      <Loaded query={query} what="The facts of this run">
        {(run) => (
          <>
            {hasFailed(run) && <Errors run={run} />}
            <section class="panel" aria-label="Facts">
              <Facts run={run} />
            </section>
            {!hasFailed(run) && <Errors run={run} />}
            <Log run={run} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function TaskOf({ run }: { run: Run }) {
  return (
    <>
      Task <Link href={`/runs?task=${encodeURIComponent(run.task)}`}>{run.task}</Link> ·{' '}
      <Link href={`/schedules#schedule-${run.task}`}>Schedule</Link>
    </>
  );
}

/** Whether the run's error is the first thing that a person wants to know. */
const hasFailed = ({ state }: Run) => state === 'discarded' || state === 'retryable';

/** How far it had got, and when. */
function Log({ run: { log = [] } }: { run: Run }) {
  if (log.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="run-log">
      <h2 id="run-log">Progress</h2>
      <div class="table">
        <table aria-labelledby="run-log">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="number">
                Attempt
              </th>
              <th scope="col" class="number">
                Rows
              </th>
            </tr>
          </thead>
          <tbody>
            {log.map(({ at, attempt, rows_affected }) => (
              <tr key={`${at} ${attempt}`}>
                <td>
                  <Time at={at} exact />
                </td>
                <td class="number">{attempt}</td>
                <td class="number">{number(rows_affected)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function NoSuchRun({ id }: { id: string }) {
  return (
    <Page title="No such run">
      <p>
        There is no run {id}. Runs that ended are deleted after some time. <Link href="/runs">All runs</Link>{' '}
        shows those that are kept.
      </p>
    </Page>
  );
}
