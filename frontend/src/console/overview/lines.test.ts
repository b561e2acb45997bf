import { describe, expect, it } from 'vitest';
import type { FeedEntry, PlatformEvent } from '../../live/live';
import type { Run } from '../types';
import { lines, type Told } from './lines';

const at = '2030-01-31T12:00:00.000Z';
const entries = (...events: Partial<PlatformEvent>[]): FeedEntry[] =>
  events.map((event, i) => ({ type: 'things.created', at, key: `${i}`, ...event }));
const things: Told[] = [
  { name: 'things', noun: 'thing', title: 'Things', events: { enriched: 'enriched', expired: 'expired' } },
];
const said = (...events: Partial<PlatformEvent>[]) =>
  lines(entries(...events), things).map(
    ({ subject, text, href }) => `${subject} ${text}${href ? ` -> ${href}` : ''}`,
  );

const run = (state: string, more = {}) => ({
  run: { id: 5, task: 'things.sweep', state, attempt: 1, rows_affected: 0, ...more },
});

const known: Run = {
  id: 5,
  task: 'things.sweep',
  run_at: null,
  trigger: 'manual',
  state: 'completed',
  attempt: 1,
  max_attempts: 5,
  worker: 'w-1',
  cancel_requested: false,
  created_at: at,
  started_at: at,
  finished_at: at,
  duration_ms: null,
  rows_affected: 3,
  progress: '',
  errors: [],
};

describe('events about rows', () => {
  it.each([
    [{ count: 1, ids: [7], name: 'Sample' }, '“Sample” created -> /things/7'],
    [{ count: 1, ids: [7] }, 'Thing 7 created -> /things/7'],
    [{ type: 'things.enriched', count: 12, ids: [1, 2] }, '12 things enriched'],
    [{ type: 'things.expired', count: 1200 }, '1,200 things expired'],
    [{ type: 'things.restored', count: 1, ids: [7] }, 'Thing 7 restored -> /things/7'],
    [{ type: 'things.updated' }, 'Things changed'],
  ])('of %o reads "%s"', (event, words) => {
    expect(said(event)).toEqual([words]);
  });
  it('leads nowhere when the row is gone', () => {
    expect(said({ type: 'things.deleted', count: 1, ids: [7] })).toEqual(['Thing 7 deleted']);
    expect(said({ type: 'things.purged', count: 1, ids: [7] })).toEqual(['Thing 7 deleted for good']);
  });
});

describe('events about runs', () => {
  const finished = { type: 'runs.finished', ...run('completed', { rows_affected: 3 }) };
  const started = { type: 'runs.started', ...run('running') };
  const queued = { type: 'runs.queued', ...run('available', { attempt: undefined }) };

  it('are one line a run, with what is newest', () => {
    expect(said(finished, started, queued)).toEqual(['things.sweep finished: 3 rows -> /runs/5']);
    expect(said(started, queued)).toEqual(['things.sweep started -> /runs/5']);
  });
  it('say how long a run took, once it was read, and not of another attempt', () => {
    const read: Run = { ...known, attempt: 1, duration_ms: 12 };
    expect(lines(entries(finished), things, [read])[0]?.text).toBe('finished: 3 rows, 12 ms');
    expect(lines(entries(finished), things, [{ ...read, attempt: 2 }])[0]?.text).toBe('finished: 3 rows');
    expect(lines(entries(finished), things, [{ ...read, duration_ms: null }])[0]?.text).toBe(
      'finished: 3 rows',
    );
  });
  it.each([
    ['runs.progress', 'running', 'running: 0 rows so far'],
    ['runs.finished', 'retryable', 'failed, and is retried'],
    ['runs.finished', 'discarded', 'failed'],
    ['runs.changed', 'available', 'was put back into the queue'],
    ['runs.changed', 'running', 'was asked to stop'],
  ])('%s with the state %s reads "%s"', (type, state, words) => {
    expect(said({ type, ...run(state) })).toEqual([`things.sweep ${words} -> /runs/5`]);
  });
});

describe('other events', () => {
  it('tell of workers', () => {
    expect(said({ type: 'workers.joined', name: 'w-1' })).toEqual(['Worker w-1 has started -> /workers']);
  });
  it('are left out when the page does not know them', () => {
    expect(said({ type: 'teapots.filled' })).toEqual([]);
  });
});
