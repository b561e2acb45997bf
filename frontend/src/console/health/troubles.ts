import { explain } from '../../api/problem';
import { timeOfDay } from '../../ui/time';
import type { Readiness } from '../types';

/** Something that is wrong: what, and what it means for the person who looks. */
export interface Trouble {
  title: string;
  detail: string;
}

/** What the last answer to "are you ready", or its absence, says is wrong. */
export function troubles(ready: Readiness | undefined, error: unknown, readAt: number): Trouble[] {
  if (error) {
    const { title, detail } = explain(error);
    const since = readAt ? ` It last answered at ${timeOfDay(readAt)}.` : '';
    return [{ title: title.endsWith('.') ? title : `${title}.`, detail: detail + since }];
  }
  if (!ready) return [];
  if (ready.status === 'draining') {
    return [{ title: 'The API is about to restart.', detail: 'The page goes on by itself when it is back.' }];
  }
  const found: Trouble[] = [];
  if (ready.database.status !== 'ok') {
    found.push({
      title: 'The database cannot be used.',
      detail: 'Nothing can be read or saved until it is back; the page tries again by itself.',
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
      title: last ? `No worker is running since ${timeOfDay(last)}.` : 'No worker is running.',
      detail: 'Changes are saved. Background work and schedules wait until a worker is back.',
    });
  }
  // Without a worker nothing succeeds, which is said already.
  if (ready.worker.status === 'ok' && ready.tasks.status === 'overdue') {
    const names = ready.tasks.overdue.map(({ task }) => task);
    found.push({
      title: `${names.join(', ')}: no success for long.`,
      detail: 'The runs say why; what they have not done is done by the next one that succeeds.',
    });
  }
  return found;
}
