import {
  type InvalidateQueryFilters,
  keepPreviousData,
  type Query,
  QueryClient,
  queryOptions,
} from '@tanstack/preact-query';
import { api, body, page, readiness } from './client';
import { ApiProblem } from './problem';
import type { operations } from './schema';

export type ItemsQuery = NonNullable<operations['list-items']['parameters']['query']>;
export type RunsQuery = NonNullable<operations['list-runs']['parameters']['query']>;

/** All that the page has read. What is live is marked stale by events (see live/), not by age. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < 1 && !(error instanceof ApiProblem && error.status < 500),
      retryDelay: 500,
      networkMode: 'always', // the API may be on this very machine
    },
    mutations: { networkMode: 'always' },
  },
});

/** Marks what was read of subjects as stale. What is on the page is read again at once, until when it waits. */
export async function changed(...subjects: Subject[]): Promise<void> {
  await Promise.all(
    subjects.map(async (subject) => {
      const filters: InvalidateQueryFilters = { queryKey: [subject] };
      // A first read goes on, and may have begun before the change.
      const first = queryClient.getQueryCache().findAll(filters).filter(isFirstRead);
      await queryClient.invalidateQueries(filters);
      if (first.length > 0)
        await queryClient.invalidateQueries({ predicate: (query) => first.includes(query) });
    }),
  );
}

function isFirstRead({ state }: Query): boolean {
  return state.data === undefined && state.fetchStatus === 'fetching';
}

/** Marks all that was read as stale, and leaves alone what is being read for the first time. */
export function readAgain(): void {
  void queryClient.invalidateQueries({ predicate: ({ state }) => state.data !== undefined });
}

/** What a query key begins with. */
export type Subject = 'items' | 'stats' | 'runs' | 'schedules' | 'workers' | 'ready';

// Each read of the API, in one place: its key, and how it is made.

export const itemsQuery = (query: ItemsQuery) =>
  queryOptions({
    queryKey: ['items', 'list', query] as const,
    queryFn: ({ signal }) => page(api.GET('/api/items', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });

export const itemQuery = (id: number) =>
  queryOptions({
    queryKey: ['items', 'one', id] as const,
    queryFn: async ({ signal }) => {
      const { data, response } = await api.GET('/api/items/{id}', { params: { path: { id } }, signal });
      if (!data) throw new Error('The API sent an answer without a body.');
      return { item: data, etag: response.headers.get('etag') ?? '' };
    },
  });

export const runsQuery = (query: RunsQuery) =>
  queryOptions({
    queryKey: ['runs', 'list', query] as const,
    queryFn: ({ signal }) => page(api.GET('/api/runs', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });

/** The newest runs, for a glance. */
export const lastRunsQuery = () => runsQuery({ limit: 8 });

export const runQuery = (id: number) =>
  queryOptions({
    queryKey: ['runs', 'one', id] as const,
    queryFn: ({ signal }) => body(api.GET('/api/runs/{id}', { params: { path: { id } }, signal })),
  });

export const schedulesQuery = () =>
  queryOptions({
    queryKey: ['schedules'] as const,
    queryFn: ({ signal }) => body(api.GET('/api/schedules', { signal })),
  });

export const workersQuery = () =>
  queryOptions({
    queryKey: ['workers'] as const,
    queryFn: ({ signal }) => body(api.GET('/api/workers', { signal })),
  });

/** Items per day, the last `days` of them. */
export const itemStatsQuery = (days = 30) =>
  queryOptions({
    queryKey: ['stats', days] as const,
    queryFn: ({ signal }) => body(api.GET('/api/stats/items', { params: { query: { days } }, signal })),
  });

/** The platform's health. It says what is down, and an answer of 503 does so, too. */
export const readyQuery = () =>
  queryOptions({
    queryKey: ['ready'] as const,
    queryFn: ({ signal }) => readiness(signal),
    refetchInterval: 5_000,
    retry: 0,
    staleTime: 1_000,
  });
