import { hasEnded, type State, stateWord } from '../state';
import type { Run } from '../types';

const TRIGGERS: Record<Run['trigger'], string> = {
  schedule: 'schedule',
  manual: 'manual',
  nudge: 'change of data',
  other: 'other',
};

/** The cause of a run. */
export function triggerWord(trigger: Run['trigger']): string {
  return TRIGGERS[trigger];
}

/** How long the last attempt took or, of one that is running, has taken until now; null before it began. */
export function tookMs(run: Pick<Run, 'state' | 'started_at' | 'duration_ms'>, now: number): number | null {
  if (run.duration_ms !== null) return run.duration_ms;
  if (run.state !== 'running' || !run.started_at) return null;
  return Math.max(0, now - Date.parse(run.started_at));
}

/** Which attempt it is, such as "2 of 5". */
export function attempts(run: Pick<Run, 'attempt' | 'max_attempts'>): string {
  return `${run.attempt} of ${run.max_attempts}`;
}

/** Whether the API can put a run back into the queue. */
export function canRetry(run: Pick<Run, 'state'>): boolean {
  return hasEnded(run.state);
}

/** Whether the run can still be cancelled and no cancellation is requested yet. */
export function canCancel(run: Pick<Run, 'state' | 'cancel_requested'>): boolean {
  return !hasEnded(run.state) && !run.cancel_requested;
}

/** Attempts in a row that failed in the same way, and when the last of them did. */
export interface Failed {
  first: number;
  last: number;
  at: string;
  error: string;
  trace?: string | undefined;
}

/** The failures of a run, the newest first. */
export function failures(errors: Run['errors']): Failed[] {
  const found: Failed[] = [];
  for (const { attempt, at, error, trace } of errors) {
    const before = found[0];
    if (before?.error === error) Object.assign(before, { last: attempt, at, trace: trace ?? before.trace });
    else found.unshift({ first: attempt, last: attempt, at, error, trace });
  }
  return found;
}

/** The results of runs in words, the most frequent first: "28 completed, 2 discarded". */
export function outcome(runs: readonly { state: State }[]): string {
  const counts = new Map<State, number>();
  for (const { state } of runs) counts.set(state, (counts.get(state) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([state, n]) => `${n} ${stateWord(state)}`).join(', ') || 'none yet';
}
