import { queryOptions, useQuery } from '@tanstack/preact-query';
import { useEffect, useRef } from 'preact/hooks';
import { api, body } from '../api/client';
import { queryClient } from '../api/queries';
import type { components } from '../api/schema';
import { Days } from '../chart/days';
import { type Series, total } from '../chart/series';
import type { Named } from '../list/entity';
import { pollEvery } from '../live/live';
import { fetched, file } from '../ui/fetching';

type DayStats = components['schemas']['DayStats'];

/** The worker's changes of items, in the words of the feed. */
export const events = { enriched: 'enriched', expired: 'expired', purged: 'deleted for good' };

const DAYS = 30;
const NONE: DayStats[] = []; // keeps the place until the figures are there

const SERIES: readonly Series<'created' | 'expired' | 'deleted'>[] = [
  { key: 'created', name: 'Created', colour: 'accent', look: 'solid' },
  { key: 'expired', name: 'Expired', colour: 'warn', look: 'striped' },
  { key: 'deleted', name: 'Deleted', colour: 'bad', look: 'outline' },
];

// Seen once in the life of a platform.
const FirstSteps = fetched(file(() => import('./first-steps.later').then((m) => m.FirstSteps)));

/** Whether there are any items. */
const anyQuery = (of: Named) =>
  queryOptions({
    queryKey: [of.name, 'any'] as const,
    queryFn: ({ signal }) => body(api.GET('/api/items', { params: { query: { limit: 1 } }, signal })),
  });

/** Items per day, the last DAYS of them. */
const statsQuery = () =>
  queryOptions({
    queryKey: ['stats', 'items', DAYS] as const,
    queryFn: ({ signal }) => body(api.GET('/api/stats/items', { params: { query: { days: DAYS } }, signal })),
  });

/** Reads the data of the card, before it is shown. */
export function readFirst(of: Named): Promise<unknown> {
  return Promise.all([queryClient.prefetchQuery(anyQuery(of)), queryClient.prefetchQuery(statsQuery())]);
}

/** Items per day or, in a platform without any, the first steps. */
export function Card({ of }: { of: Named }) {
  const { data: items } = useQuery({ ...anyQuery(of), refetchInterval: pollEvery });
  const stats = useQuery({ ...statsQuery(), refetchInterval: pollEvery, placeholderData: NONE });
  const none = items?.length === 0;
  const middle = useRef<HTMLDivElement>(null);
  const before = useRef(none);
  useEffect(() => {
    // The button that made the first items went with the first steps: the focus goes to the list in their place.
    const lost = before.current && !none && document.activeElement === document.body;
    if (lost) middle.current?.focus({ preventScroll: true });
    before.current = none;
  }, [none]);
  return (
    <div ref={middle} tabIndex={-1} class="middle">
      {(!none || total(SERIES, stats.data ?? NONE) > 0) && (
        <Days
          title="Items per day"
          note={`Last ${DAYS} days, in UTC. The worker counts every few minutes.`}
          series={SERIES}
          query={stats}
        />
      )}
      {none && <FirstSteps of={of} />}
    </div>
  );
}
