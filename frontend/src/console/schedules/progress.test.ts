import { describe, expect, it } from 'vitest';
import type { Run } from '../types';
import { PATIENCE, progressOf } from './progress';

const asked = Date.parse('2030-01-31T12:00:00Z');
const queued: Run = {
  id: 7,
  task: 'things.expire',
  run_at: null,
  trigger: 'manual',
  state: 'available',
  attempt: 0,
  max_attempts: 5,
  worker: null,
  cancel_requested: false,
  created_at: '2030-01-31T12:00:00Z',
  started_at: null,
  finished_at: null,
  duration_ms: null,
  rows_affected: 0,
  progress: '',
  errors: [],
};

describe('a run that was asked for', () => {
  it('is queued, running with its rows so far, and completed', () => {
    const running: Run = { ...queued, state: 'running', attempt: 1 };
    const completed: Run = { ...running, state: 'completed', rows_affected: 12, duration_ms: 34 };
    expect(progressOf(queued, asked, asked, 'ok')).toEqual({
      label: 'Queued…',
      detail: 'Queued',
      busy: true,
    });
    expect(progressOf(running, asked, asked, 'ok').detail).toBe('Running');
    expect(progressOf({ ...running, rows_affected: 1 }, asked, asked, 'ok').detail).toBe(
      'Running: 1 row so far',
    );
    expect(progressOf({ ...running, progress: 'day 3 of 30' }, asked, asked, 'ok').detail).toBe(
      'Running: day 3 of 30',
    );
    expect(progressOf(completed, asked, asked + 2 * PATIENCE, 'ok')).toEqual({
      label: 'Run now',
      detail: 'Completed: 12 rows in 34 ms',
      busy: false,
    });
  });

  it('stays busy up to the limit of patience, and not beyond', () => {
    expect(progressOf(queued, asked, asked + PATIENCE - 1, 'missing').busy).toBe(true);
    expect(progressOf(queued, asked, asked + PATIENCE, 'missing').busy).toBe(false);
  });

  it.each([
    ['ok', 'every worker is busy'],
    ['missing', 'no worker is running'],
    ['stale', 'no worker is running'],
    ['unknown', 'unknown whether one is running'],
    [undefined, 'unknown whether one is running'],
  ] as const)('says why nobody takes it when the workers are %s', (worker, why) => {
    expect(progressOf(queued, asked, asked + PATIENCE, worker).detail).toContain(why);
  });

  it.each([
    ['retryable', 'Failed. It is retried automatically.'],
    ['cancelled', 'Cancelled'],
    ['discarded', 'Failed. Its page says why.'],
  ] as const)('does not spin when it is %s', (state, detail) => {
    expect(progressOf({ ...queued, state }, asked, asked, 'ok')).toEqual({
      label: 'Run now',
      detail,
      busy: false,
    });
  });

  it('may run for as long as it likes', () => {
    expect(progressOf({ ...queued, state: 'running' }, asked, asked + 10 * PATIENCE, 'ok').busy).toBe(true);
  });
});
