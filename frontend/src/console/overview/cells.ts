import type { Readiness } from '../types';

/** One part of the platform, in a few words. */
export interface Cell {
  name: string;
  tone: 'good' | 'warn' | 'bad' | 'quiet';
  word: string;
  details: string[];
  /** An instant that the last detail is followed by. */
  at?: string;
}

/** The state of each part by the last answer to "are you ready"; null stands for an answer that did not come. */
export function cells(ready: Readiness | null): Cell[] {
  if (!ready) {
    const unknown = ['Database', 'Redis', 'Worker'].map((name) => part(name, 'quiet', 'unknown'));
    return [part('API', 'bad', 'does not answer'), ...unknown];
  }
  return [api(ready), database(ready), redis(ready), worker(ready)];
}

function part(name: string, tone: Cell['tone'], word: string, ...details: string[]): Cell {
  return { name, tone, word, details: details.filter(Boolean) };
}

function api({ status, version }: Readiness): Cell {
  if (status === 'draining') return part('API', 'warn', 'about to restart', version);
  return part('API', 'good', 'ok', `version ${version}`);
}

function database({ database: { status, dialect = '', latency_ms, error = '' }, schema }: Readiness): Cell {
  if (status !== 'ok') return part('Database', 'bad', 'cannot be used', error);
  return part('Database', 'good', 'ok', dialect, milliseconds(latency_ms), `schema ${schema.version}`);
}

function redis({ redis: { status, latency_ms, error = '' }, cache }: Readiness): Cell {
  if (status === 'down') return part('Redis', 'warn', 'cannot be reached', error);
  if (status === 'disabled') return part('Redis', 'quiet', 'not used', 'none is configured');
  if (cache.status === 'incoherent') return part('Redis', 'warn', 'not heard', 'answers may be a second old');
  return part('Redis', 'good', 'ok', milliseconds(latency_ms));
}

function worker({ worker: { status, last_heartbeat }, tasks }: Readiness): Cell {
  const at = last_heartbeat ? { at: last_heartbeat } : {};
  const beat = last_heartbeat ? 'last heartbeat' : 'no heartbeat yet';
  switch (status) {
    case 'ok':
      if (tasks.status === 'overdue') return part('Worker', 'warn', 'behind', overdue(tasks.overdue));
      return { ...part('Worker', 'good', 'ok', beat), ...at };
    case 'unknown':
      return { ...part('Worker', 'quiet', 'unknown'), ...at };
    default:
      return { ...part('Worker', 'bad', 'none is running', beat), ...at };
  }
}

/** The tasks that have not succeeded for long, in a few words. */
function overdue([first, ...more]: Readiness['tasks']['overdue']): string {
  if (!first) return '';
  if (more.length === 0) return `${first.task} does not succeed`;
  return `${first.task} and ${more.length} more do not succeed`;
}

/** A latency: a round trip to the same machine takes less than a millisecond. */
export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
