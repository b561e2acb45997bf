import { type InvalidateQueryFilters, type Query, QueryClient } from '@tanstack/preact-query';
import { ApiProblem } from './problem';

/** All answers that the page has read. Live data is marked stale by events (see live/), not by age. */
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

/** Marks the queries of subjects, with which their keys begin, as stale. Waits until those on the page are read again. */
export async function changed(...subjects: readonly string[]): Promise<void> {
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

/** Marks all queries as stale, except those that are being read for the first time. */
export function readAgain(): void {
  void queryClient.invalidateQueries({ predicate: ({ state }) => state.data !== undefined });
}
