import { describe, expect, it, test } from 'vitest';
import { ALL_STATES, type State } from '../state';
import { canCancel, canRetry, failures, outcome, tookMs } from './words';

describe('tookMs', () => {
  const started_at = '2030-01-31T12:00:00Z';
  const now = Date.parse(started_at) + 1_500;

  it('is what the API says once the run has ended', () => {
    expect(tookMs({ state: 'completed', started_at, duration_ms: 12 }, now)).toBe(12);
    expect(tookMs({ state: 'completed', started_at, duration_ms: 0 }, now)).toBe(0);
  });
  it('goes on while the run does', () => {
    expect(tookMs({ state: 'running', started_at, duration_ms: null }, now)).toBe(1_500);
  });
  it('is never negative, though the clocks differ', () => {
    expect(tookMs({ state: 'running', started_at, duration_ms: null }, now - 9_000)).toBe(0);
  });
  it('is unknown of a run that waits, also for another attempt', () => {
    expect(tookMs({ state: 'available', started_at: null, duration_ms: null }, now)).toBeNull();
    expect(tookMs({ state: 'retryable', started_at, duration_ms: null }, now)).toBeNull();
  });
});

describe('what can be done with a run', () => {
  const ended: State[] = ['completed', 'cancelled', 'discarded'];

  it('is retrying it once it has ended, and cancelling it until then', () => {
    for (const state of ALL_STATES) {
      expect([state, canRetry({ state })]).toEqual([state, ended.includes(state)]);
      expect([state, canCancel({ state, cancel_requested: false })]).toEqual([state, !ended.includes(state)]);
    }
  });
  it('is not cancelling it twice', () => {
    expect(canCancel({ state: 'running', cancel_requested: true })).toBe(false);
  });
});

test('failures are told the newest first, the same one once', () => {
  const errors = [
    { attempt: 1, at: 'a', error: 'locked' },
    { attempt: 2, at: 'b', error: 'gone' },
    { attempt: 3, at: 'c', error: 'gone' },
  ];
  expect(failures(errors)).toEqual([
    { first: 2, last: 3, at: 'c', error: 'gone' },
    { first: 1, last: 1, at: 'a', error: 'locked' },
  ]);
});

describe('outcome', () => {
  it('counts, what is most often first', () => {
    const runs: { state: State }[] = [{ state: 'discarded' }, { state: 'completed' }, { state: 'completed' }];
    expect(outcome(runs)).toBe('2 completed, 1 failed');
  });
  it('says so when there are none', () => {
    expect(outcome([])).toBe('none yet');
  });
});
