import { count } from '../../ui/number';
import { duration } from '../../ui/time';
import { hasEnded } from '../state';
import type { Readiness, Run } from '../types';

/** How long a run may wait for a worker before the page says that none takes it, in milliseconds. */
export const PATIENCE = 15_000;

/** How a run that was asked for stands: the button's word, and more of it beside. */
export interface Progress {
  label: string;
  detail: string;
  /** Whether more is to come soon, so that asking for another one can wait. */
  busy: boolean;
}

/** Follows a run from the request, at the time asked, to its end. */
export function progressOf(
  run: Run,
  asked: number,
  now: number,
  worker: Readiness['worker']['status'] | undefined,
): Progress {
  if (hasEnded(run.state)) return { label: 'Run now', detail: ended(run), busy: false };
  if (run.state === 'running') {
    const soFar = run.progress || (run.rows_affected > 0 ? `${count(run.rows_affected, 'row')} so far` : '');
    return { label: 'Running…', detail: soFar ? `Running: ${soFar}` : 'Running', busy: true };
  }
  if (run.state === 'retryable') {
    return { label: 'Run now', detail: 'Failed. It is retried automatically.', busy: false };
  }
  if (now - asked < PATIENCE) return { label: 'Queued…', detail: 'Queued', busy: true };
  return { label: 'Run now', detail: `Still queued: ${waitsFor(worker)}`, busy: false };
}

function ended(run: Run): string {
  switch (run.state) {
    case 'completed': {
      const took = run.duration_ms === null ? '' : ` in ${duration(run.duration_ms)}`;
      return `Completed: ${count(run.rows_affected, 'row')}${took}`;
    }
    case 'cancelled':
      return 'Cancelled';
    default:
      return 'Failed. Its page says why.';
  }
}

function waitsFor(worker: Readiness['worker']['status'] | undefined): string {
  switch (worker) {
    case 'ok':
      return 'every worker is busy. It runs when one is free.';
    case 'missing':
    case 'stale':
      return 'no worker is running. It runs when one is back.';
    default:
      return 'no worker has taken it, and it is unknown whether one is running.';
  }
}
