import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import { ApiProblem } from '../../api/problem';
import { pollEvery } from '../../live/live';
import { Loaded } from '../../ui/loaded';
import { Needs } from '../../ui/needs';
import { Page } from '../../ui/page';
import { runQuery } from '../queries';
import type { Run } from '../types';
import { RunActions } from './actions';
import { Errors } from './errors';
import { Facts } from './facts';
import '../style/runs.css';

/** One run: how it stands, what it did, and what can be done about it. */
export function RunPage({ id }: { id: string }) {
  const number = /^[1-9]\d{0,15}$/.test(id) ? Number(id) : null;
  return number === null ? <NoSuchRun id={id} /> : <Known id={number} />;
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
            <section class="panel" aria-label="Facts">
              <Facts run={run} />
            </section>
            <Errors run={run} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function TaskOf({ run }: { run: Run }) {
  return (
    <>
      of <Link href={`/runs?task=${encodeURIComponent(run.task)}`}>{run.task}</Link>
    </>
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
