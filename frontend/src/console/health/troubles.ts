import { explain } from '../../api/problem';
import { duration, timeOfDay } from '../../ui/time';
import type { Readiness } from '../types';

/** A trouble of the platform, and its meaning for the person at the page. */
export interface Trouble {
  title: string;
  detail: string;
  /** Where more is told. */
  href?: string;
}

/** The troubles that follow from the last answer to "are you ready", or from its absence. */
export function troubles(ready: Readiness | undefined, error: unknown, readAt: number): Trouble[] {
  if (error) {
    const { title, detail } = explain(error);
    const since = readAt ? ` It last answered at ${timeOfDay(readAt)}.` : '';
    return [{ title: title.endsWith('.') ? title : `${title}.`, detail: detail + since }];
  }
  if (!ready) return [];
  if (ready.status === 'draining') {
    return [
      { title: 'The API is about to restart.', detail: 'The page continues automatically when it is back.' },
    ];
  }
  const found: Trouble[] = [];
  if (ready.database.status !== 'ok') {
    found.push({
      title: 'The database cannot be used.',
      detail: 'Nothing can be read or saved until it is back. The page retries automatically.',
    });
  }
  if (ready.redis.status === 'down') {
    found.push({
      title: 'Redis cannot be reached.',
      detail: 'Everything works, only slower: changes appear within seconds instead of at once.',
    });
  }
  if (ready.worker.status === 'missing' || ready.worker.status === 'stale') {
    const last = ready.worker.last_heartbeat;
    found.push({
      title: last ? `No worker has been running since ${timeOfDay(last)}.` : 'No worker is running.',
      detail: 'Changes are saved. Background work and schedules wait until a worker is back.',
    });
  }
  // Without a worker nothing succeeds, which is said already.
  if (ready.worker.status === 'ok' && ready.tasks.status === 'overdue') {
    for (const late of ready.tasks.overdue) found.push(overdue(late));
  }
  return found;
}

/** A task without a success for too long. */
function overdue({ task, last_success, limit_seconds }: Readiness['tasks']['overdue'][number]): Trouble {
  const limit = `limit ${duration(limit_seconds * 1_000)}`;
  const since = last_success ? `since ${timeOfDay(last_success)}` : 'yet';
  return {
    title: `${task} has not succeeded ${since} (${limit}).`,
    detail: 'Its runs say why. The next one that succeeds catches up.',
    href: `/runs?task=${encodeURIComponent(task)}`,
  };
}
