import { queryOptions, useQuery } from '@tanstack/preact-query';
import type { Named, Query } from './entity';
import { readPage, TOTALS } from './store';

const COUNT_EVERY = 30_000; // milliseconds
const SHARE = 50; // counting takes at most a fiftieth of the time

/**
 * How many rows the filters choose. A count costs as much as there are: it is made when the filters change,
 * and again every half minute, more rarely where it takes long.
 */
const totalQuery = (of: Named, filter: Query) =>
  queryOptions({
    queryKey: [TOTALS, of.name, filter] as const,
    queryFn: async ({ signal }) => {
      const started = performance.now();
      const { total } = await readPage(of, { ...filter, limit: 1, total: true }, signal);
      return { total, took: performance.now() - started };
    },
    staleTime: COUNT_EVERY,
    refetchInterval: ({ state }) => Math.max(COUNT_EVERY, (state.data?.took ?? 0) * SHARE),
    refetchOnWindowFocus: false,
    retry: false,
  });

/** The total, or null while it is not known. A first page that is the last one has been counted already. */
export function useTotal(
  of: Named,
  filter: Query,
  shown: { count: number; whole: boolean } | null,
): number | null {
  const { data } = useQuery({ ...totalQuery(of, filter), enabled: shown !== null && !shown.whole });
  if (!shown) return null;
  if (shown.whole) return shown.count;
  const total = data?.total ?? null;
  return total === null ? null : Math.max(total, shown.count);
}
