import { expect, test, vi } from 'vitest';
import { ApiProblem, Unreachable } from '../../api/problem';
import { timeOfDay } from '../../ui/time';
import type { Readiness } from '../types';
import { troubles } from './troubles';

const at = '2026-11-24T10:00:00Z';

function ready(change: Partial<Readiness> = {}): Readiness {
  return {
    status: 'ready',
    service: 'FUALab API',
    version: 'v1.0.0',
    schema: { version: '0005', needed: '0005' },
    database: { status: 'ok', latency_ms: 1 },
    redis: { status: 'ok', latency_ms: 1 },
    worker: { status: 'ok', last_heartbeat: at, age_seconds: 1 },
    tasks: { status: 'ok', overdue: [] },
    cache: { status: 'ok' },
    ...change,
  } as Readiness;
}

const titles = (...args: Parameters<typeof troubles>) => troubles(...args).map((trouble) => trouble.title);

test('nothing is wrong with a platform that is ready, or not yet known', () => {
  expect(troubles(ready(), null, Date.parse(at))).toEqual([]);
  expect(troubles(undefined, null, 0)).toEqual([]);
});

test('a platform without Redis by choice has no trouble', () => {
  const redis = { status: 'disabled', latency_ms: null } as unknown as Readiness['redis'];
  expect(troubles(ready({ redis }), null, Date.parse(at))).toEqual([]);
});

test('an API that does not answer: since when', () => {
  const [trouble] = troubles(ready(), new Unreachable('network'), Date.parse(at));
  expect(trouble?.title).toBe('The API does not answer.');
  expect(trouble?.detail).toContain(`It last answered at ${timeOfDay(at)}.`);
  const [never] = troubles(undefined, new Unreachable('timeout'), 0);
  expect(never?.title).toBe('The API took too long to answer.');
  expect(never?.detail).not.toContain('last answered');
});

test('a person who is offline is told so, not that the API is down', () => {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  expect(titles(ready(), new Unreachable('network'), 0)).toEqual(['You are offline.']);
});

test("a problem's own words", () => {
  const problem = {
    type: 't',
    title: 'Too many requests',
    status: 429,
    detail: 'Wait a moment.',
    instance: 'r',
  };
  expect(troubles(undefined, new ApiProblem(problem), 0)).toEqual([
    { title: 'Too many requests.', detail: 'Wait a moment.' },
  ]);
});

test('each part that is missing is told', () => {
  const down = { status: 'down', latency_ms: null } as unknown as Readiness['redis'];
  expect(titles(ready({ status: 'unavailable', database: down, redis: down }), null, 0)).toEqual([
    'The database cannot be used.',
    'Redis cannot be reached.',
  ]);
});

test.each([
  ['stale', at, `No worker has been running since ${timeOfDay(at)}.`],
  ['missing', at, `No worker has been running since ${timeOfDay(at)}.`],
  ['missing', null, 'No worker is running.'],
] as const)('a worker that is %s, last seen %s', (status, last, title) => {
  expect(titles(ready({ worker: { status, last_heartbeat: last, age_seconds: null } }), null, 0)).toEqual([
    title,
  ]);
});

test('a worker that cannot be known is no trouble of its own', () => {
  const worker = { status: 'unknown', last_heartbeat: null, age_seconds: null } as const;
  expect(troubles(ready({ worker }), null, 0)).toEqual([]);
});

test('tasks that do not succeed are told while a worker runs', () => {
  const late = (task: string) => ({ task, last_success: null, limit_seconds: 180 });
  const tasks = { status: 'overdue' as const, overdue: [late('things.expire'), late('things.purge')] };
  expect(titles(ready({ status: 'degraded', tasks }), null, 0)).toEqual([
    'things.expire has not succeeded yet (limit 3 min).',
    'things.purge has not succeeded yet (limit 3 min).',
  ]);
  const worker = { status: 'missing', last_heartbeat: null, age_seconds: null } as const;
  expect(titles(ready({ status: 'degraded', tasks, worker }), null, 0)).toEqual(['No worker is running.']);
});

test('a restart that is announced', () => {
  expect(titles(ready({ status: 'draining' }), null, 0)).toEqual(['The API is about to restart.']);
});
