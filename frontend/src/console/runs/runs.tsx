import { useQuery } from '@tanstack/preact-query';
import { Link, useSearchParams } from 'wouter-preact';
import { ApiProblem } from '../../api/problem';
import { pollEvery } from '../../live/live';
import { BadAddress } from '../../ui/bad-address';
import { Loaded } from '../../ui/loaded';
import { Page } from '../../ui/page';
import { type RunsQuery, runsQuery } from '../queries';
import { isState } from '../state';
import { Filters } from './filters';
import { RunsTable } from './table';
import '../style/runs.css';

const PAGE = 50;

/** Every run that is kept, the newest first. What is shown is in the address, so that it can be passed on. */
export function Runs() {
  const [params] = useSearchParams();
  const { filters, cursor } = read(params);
  const query = useQuery({
    ...runsQuery({ ...filters, limit: PAGE, ...(cursor ? { cursor } : {}) }),
    refetchInterval: pollEvery,
  });
  const filtered = filters.task !== undefined || filters.state !== undefined;
  return (
    <Page title="Runs" lead="What the workers did, are doing and have to do, the newest first.">
      <Filters task={filters.task?.[0] ?? ''} state={filters.state ?? ''} />
      {query.error instanceof ApiProblem && query.error.status === 422 ? (
        <BadAddress problem={query.error} href={address(params, null)} />
      ) : (
        <Loaded query={query} what="The runs">
          {({ rows, next }) => (
            <>
              {rows.length > 0 ? (
                <RunsTable runs={rows} busy={query.isPlaceholderData} />
              ) : (
                <Empty filtered={filtered} older={cursor !== null} />
              )}
              <Pager cursor={cursor} next={next} />
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}

/** What an address asks for; a state that there is not is left out. */
function read(params: URLSearchParams): { filters: RunsQuery; cursor: string | null } {
  const task = params.get('task');
  const state = params.get('state') ?? '';
  return {
    filters: { ...(task ? { task: [task] } : {}), ...(isState(state) ? { state } : {}) },
    cursor: params.get('cursor'),
  };
}

function Empty({ filtered, older }: { filtered: boolean; older: boolean }) {
  if (older) return <p class="empty">There are no older runs.</p>;
  return (
    <p class="empty">
      {filtered ? (
        <>
          No run is like this. <Link href="/runs">Show all runs</Link>
        </>
      ) : (
        <>
          Nothing has run yet. A worker runs what is due on the <Link href="/schedules">schedules</Link>,
          where you can also run a task by hand.
        </>
      )}
    </p>
  );
}

/** The way to older runs and back to the newest ones; the browser's "back" goes one page. */
function Pager({ cursor, next }: { cursor: string | null; next: string | null }) {
  const [params] = useSearchParams();
  if (!cursor && !next) return null;
  return (
    <nav class="pager" aria-label="Pages of runs">
      {cursor && <Link href={address(params, null)}>Newest</Link>}
      {next && <Link href={address(params, next)}>Older</Link>}
    </nav>
  );
}

function address(params: URLSearchParams, cursor: string | null): string {
  const to = new URLSearchParams(params);
  if (cursor) to.set('cursor', cursor);
  else to.delete('cursor');
  const search = to.toString();
  return search ? `/runs?${search}` : '/runs';
}
