import { queryOptions, useQuery } from '@tanstack/preact-query';
import { api, page } from '../api/client';
import type { ItemsQuery } from '../api/queries';

/** What the keys of totals begin with: not "items", whose events would have all of them counted again. */
export const TOTALS = 'totals';

const COUNT_EVERY = 30_000; // milliseconds
const SHARE = 50; // counting takes at most a fiftieth of the time

/**
 * How many items the filters choose. A count costs as much as there are: it is made when the filters change,
 * and again every half minute, more rarely where it takes long.
 */
const totalQuery = (filter: ItemsQuery) =>
  queryOptions({
    queryKey: [TOTALS, 'items', filter] as const,
    queryFn: async ({ signal }) => {
      const started = performance.now();
      const query = { ...filter, limit: 1, total: true };
      const { total } = await page(api.GET('/api/items', { params: { query }, signal }));
      return { total, took: performance.now() - started };
    },
    staleTime: COUNT_EVERY,
    refetchInterval: ({ state }) => Math.max(COUNT_EVERY, (state.data?.took ?? 0) * SHARE),
    refetchOnWindowFocus: false,
    retry: false,
  });

/** The total, or null while it is not known. A first page that is the last one has been counted already. */
export function useTotal(filter: ItemsQuery, shown: { count: number; whole: boolean } | null): number | null {
  const { data } = useQuery({ ...totalQuery(filter), enabled: shown !== null && !shown.whole });
  if (!shown) return null;
  if (shown.whole) return shown.count;
  const total = data?.total ?? null;
  return total === null ? null : Math.max(total, shown.count);
}
