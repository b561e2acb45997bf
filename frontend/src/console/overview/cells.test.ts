import { describe, expect, it } from 'vitest';
import type { Readiness } from '../types';
import { cells, milliseconds } from './cells';

const ready: Readiness = {
  status: 'ready',
  service: 'FUALab API',
  version: 'v0.1.0',
  schema: { version: '0005', needed: '0005' },
  database: { status: 'ok', dialect: 'sqlite', latency_ms: 0.05 },
  redis: { status: 'ok', latency_ms: 12.4 },
  worker: { status: 'ok', last_heartbeat: '2030-01-31T12:00:00Z', age_seconds: 1 },
  tasks: { status: 'ok', overdue: [] },
  cache: { status: 'ok' },
};
const words = (answer: Readiness | null) => cells(answer).map(({ name, word }) => `${name} ${word}`);

describe('cells', () => {
  it('has the facts of each part', () => {
    expect(cells(ready).map(({ details }) => details)).toEqual([
      ['version v0.1.0'],
      ['sqlite', '0.1 ms', 'schema 0005'],
      ['12 ms'],
      ['last heartbeat'],
    ]);
  });
  it('claims nothing of what it cannot know', () => {
    expect(words(null)).toEqual([
      'API does not answer',
      'Database unknown',
      'Redis unknown',
      'Worker unknown',
    ]);
  });
  it('tells a database that is down from a worker that nobody can ask about', () => {
    const broken: Readiness = {
      ...ready,
      status: 'unavailable',
      database: { status: 'down', latency_ms: 0, error: 'connection refused' },
      worker: { status: 'unknown', last_heartbeat: null, age_seconds: null },
    };
    expect(words(broken)).toEqual(['API ok', 'Database cannot be used', 'Redis ok', 'Worker unknown']);
    expect(cells(broken)[1]?.details).toEqual(['connection refused']);
  });
  it('does not call a Redis that nobody asked for a fault', () => {
    expect(cells({ ...ready, redis: { status: 'disabled', latency_ms: 0 } })[2]).toMatchObject({
      tone: 'quiet',
      word: 'not used',
    });
  });
  it('says which tasks do not succeed, while a worker runs', () => {
    const late = (task: string) => ({ task, last_success: null, limit_seconds: 180 });
    const behind = (...tasks: string[]): Readiness => ({
      ...ready,
      status: 'degraded',
      tasks: { status: 'overdue', overdue: tasks.map(late) },
    });
    expect(cells(behind('things.expire'))[3]).toMatchObject({
      tone: 'warn',
      word: 'behind',
      details: ['things.expire does not succeed'],
    });
    expect(cells(behind('things.enrich', 'things.expire', 'things.purge'))[3]?.details).toEqual([
      'things.enrich and 2 more do not succeed',
    ]);
  });
  it('tells a Redis that is not heard', () => {
    expect(cells({ ...ready, cache: { status: 'incoherent' } })[2]).toMatchObject({
      tone: 'warn',
      word: 'not heard',
    });
  });
  it('says since when no worker runs', () => {
    const at = '2030-01-31T11:00:00Z';
    const stale: Readiness = { ...ready, worker: { status: 'stale', last_heartbeat: at, age_seconds: 3600 } };
    expect(cells(stale)[3]).toMatchObject({ tone: 'bad', word: 'none is running', at });
  });
});

it('writes latencies of any size', () => {
  expect([0.04, 9.94, 10.4, 1200].map(milliseconds)).toEqual(['0.0 ms', '9.9 ms', '10 ms', '1200 ms']);
});
