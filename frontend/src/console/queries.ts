import { keepPreviousData, queryOptions } from '@tanstack/preact-query';
import { api, body, page, send } from '../api/client';
import { problemOf } from '../api/problem';
import type { operations } from '../api/schema';
import type { Readiness } from './types';

export type RunsQuery = NonNullable<operations['list-runs']['parameters']['query']>;

// Each read of the platform, in one place: its key, and how it is made.

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

export const tokensQuery = () =>
  queryOptions({
    queryKey: ['tokens'] as const,
    queryFn: ({ signal }) => body(api.GET('/api/tokens', { signal })),
  });

/** The platform's health. An answer names the parts that are down, also one of 503. */
export const readyQuery = () =>
  queryOptions({
    queryKey: ['ready'] as const,
    queryFn: ({ signal }) => readiness(signal),
    refetchInterval: 5_000,
    retry: 0,
    staleTime: 1_000,
  });

/** The platform's health: in an answer of 200, or of 503 when the database is unusable. */
async function readiness(signal: AbortSignal): Promise<Readiness> {
  const response = await send(new Request('/api/ready', { signal }));
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  if (typeof answer === 'object' && answer !== null && 'worker' in answer) return answer as Readiness;
  throw await problemOf(response);
}
