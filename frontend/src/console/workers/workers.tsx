import { useQuery } from '@tanstack/preact-query';
import { pollEvery } from '../../live/live';
import { Loaded } from '../../ui/loaded';
import { Page } from '../../ui/page';
import { workersQuery } from '../queries';
import { WorkersTable } from './table';
import '../style/workers.css';

/** The fleet: every worker that the database knows. */
export function Workers() {
  const query = useQuery({ ...workersQuery(), refetchInterval: pollEvery });
  return (
    <Page title="Workers" lead="Workers, longest-running first.">
      <Loaded query={query} what="The workers">
        {(workers) => (
          <>
            {workers.length > 0 && <WorkersTable workers={workers} />}
            {!workers.some((worker) => worker.status === 'ok') && <NoneRuns />}
            {workers.some((worker) => worker.status === 'stale') && <AboutStale />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function NoneRuns() {
  return (
    <section class="panel" aria-labelledby="no-worker">
      <h2 id="no-worker">No worker is running</h2>
      <p>
        Changes are saved, but background work waits. So do schedules: when a worker is back, each one&#8217;s
        missed-run policy decides about the times that passed.
      </p>
      <p>Start one:</p>
      <dl class="facts">
        <dt>On this machine</dt>
        <dd>
          <code>go run ./ops/local</code> runs one beside the API and this page
        </dd>
        <dt>On a server</dt>
        <dd>
          <code>fualab-worker serve</code>, with the API&#8217;s <code>FUALAB_DATABASE_URL</code>
        </dd>
      </dl>
    </section>
  );
}

function AboutStale() {
  return (
    <p class="quiet">
      A stale worker has sent no heartbeat for longer than it may: it was killed, hangs, or has lost the
      database. Its runs are given to another worker. It leaves the list automatically, and is back at its
      next heartbeat.
    </p>
  );
}
