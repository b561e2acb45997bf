import { useQuery } from '@tanstack/preact-query';
import { Link, useSearchParams } from 'wouter-preact';
import { api, page } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { changed } from '../../api/queries';
import { acts, useHeld } from '../../list/held';
import { pollEvery } from '../../live/live';
import { BadAddress } from '../../ui/bad-address';
import { Loaded } from '../../ui/loaded';
import { useLack } from '../../ui/needs';
import { count } from '../../ui/number';
import { Page } from '../../ui/page';
import { type Bulk, Selected, useSelection } from '../../ui/selection';
import { TimesButton } from '../../ui/time';
import { type RunsQuery, runsQuery } from '../queries';
import { isState } from '../state';
import type { Run } from '../types';
import { Filters } from './filters';
import { RunsTable } from './table';
import { canCancel, canRetry } from './words';
import '../../style/list.css';
import '../style/runs.css';

const PAGE = 50;
const MOST = 1_000; // runs that are chosen at once, as many as the API gives at once

/** Every run that is kept, the newest first. The address holds the whole view, so that it can be passed on. */
export function Runs() {
  const [params] = useSearchParams();
  const { filters, cursor } = read(params);
  const query = useQuery({
    ...runsQuery({ ...filters, limit: PAGE, ...(cursor ? { cursor } : {}) }),
    refetchInterval: pollEvery,
  });
  const filtered = filters.task !== undefined || filters.state !== undefined;
  return (
    <Page title="Runs" lead="Past, current and queued runs, newest first.">
      <Filters task={filters.task?.[0] ?? ''} state={filters.state ?? ''} />
      {query.error instanceof ApiProblem && query.error.status === 422 ? (
        <BadAddress problem={query.error} href={address(params, null)} />
      ) : (
        <Loaded query={query} what="The runs">
          {({ rows, next }) => (
            <>
              {rows.length > 0 ? (
                <Listed
                  runs={rows}
                  filters={filters}
                  more={next !== null || cursor !== null}
                  address={address(params, cursor)}
                  busy={query.isPlaceholderData}
                />
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

/** Runs, which do not move under the pointer, and the actions on several of them. */
function Listed({
  runs,
  filters,
  more,
  address,
  busy,
}: {
  runs: readonly Run[];
  filters: RunsQuery;
  /** Whether there are other pages. */
  more: boolean;
  address: string;
  busy: boolean;
}) {
  const held = useHeld(runs, address, busy);
  const selection = useSelection<Run>(JSON.stringify(filters));
  const lack = useLack('admin');
  return (
    <>
      <div class="list-count">
        <p class="quiet">
          {held.waiting > 0 && `${count(held.waiting, 'change')} shown when the pointer leaves the list`}
        </p>
        <TimesButton />
      </div>
      <Selected
        selection={selection}
        nouns={['run', 'runs']}
        actions={lack ? [] : ACTIONS}
        all={more ? { total: null, most: MOST, read: (signal) => readRuns(filters, signal) } : undefined}
        onDone={() => {
          acts.set(acts.get() + 1);
          void changed('runs', 'schedules');
        }}
      />
      <RunsTable held={held} selection={selection} busy={busy} />
    </>
  );
}

const ACTIONS: readonly Bulk<Run>[] = [
  {
    label: 'Retry',
    doing: 'Retrying',
    done: 'Retried',
    fits: canRetry,
    act: ({ id }) => api.POST('/api/runs/{id}/retry', { params: { path: { id } } }),
  },
  {
    label: 'Cancel',
    danger: true,
    doing: 'Cancelling',
    done: 'Cancelled',
    fits: canCancel,
    act: ({ id }) => api.POST('/api/runs/{id}/cancel', { params: { path: { id } } }),
  },
];

async function readRuns(filters: RunsQuery, signal: AbortSignal): Promise<readonly Run[]> {
  const query = { ...filters, limit: MOST };
  return (await page(api.GET('/api/runs', { params: { query }, signal }))).rows;
}

/** The view that an address asks for; an unknown state is left out. */
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
          No runs match. <Link href="/runs">Show all runs</Link>
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
