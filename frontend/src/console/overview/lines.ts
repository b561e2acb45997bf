import { addressOfRow, capital, type Named, plainly, plural } from '../../list/entity';
import type { FeedEntry, PlatformEvent } from '../../live/live';
import { count } from '../../ui/number';
import { duration } from '../../ui/time';
import type { Run } from '../types';

/** An event as a person reads it: its subject, with an address if there is one, and the change. */
export interface Line {
  key: string;
  at: string;
  subject: string;
  href?: string;
  text: string;
}

/**
 * The feed in words, the newest first. A run has one line, of the newest that is known of it, or else each
 * one would fill four. How long a run took is not in its events; it is told of runs that the page has read.
 */
export function lines(
  feed: readonly FeedEntry[],
  entities: readonly Told[],
  runs: readonly Run[] = [],
): Line[] {
  const told = new Set<number>();
  return feed.flatMap((entry) => {
    const { key, at, run } = entry;
    if (!run) {
      const said = plain(entry, entities);
      return said ? [{ key, at, ...said }] : [];
    }
    if (told.has(run.id)) return [];
    told.add(run.id);
    const took = runs.find(({ id, attempt }) => id === run.id && attempt === run.attempt)?.duration_ms;
    const text = ofRun(entry, run, took ?? null);
    return [{ key, at, subject: run.task, href: `/runs/${run.id}`, text }];
  });
}

/** An entity with events in the feed, and words for those events that not every entity has. */
export interface Told extends Named {
  events?: Readonly<Record<string, string>> | undefined;
}

const OF_ROWS: Readonly<Record<string, string>> = {
  created: 'created',
  updated: 'changed',
  deleted: 'deleted',
  restored: 'restored',
  purged: 'deleted for good',
};
const GONE = ['deleted', 'purged'];

const OF_WORKERS: Record<string, string> = { 'workers.joined': 'has started', 'workers.left': 'has stopped' };

// An event of a type that this page does not know yet is left out.
function plain(event: PlatformEvent, entities: readonly Told[]): Omit<Line, 'key' | 'at'> | null {
  const [kind, what = ''] = event.type.split('.');
  const entity = entities.find(({ name }) => name === kind);
  const text = entity?.events?.[what] ?? OF_ROWS[what];
  if (entity && text) return { ...rows(entity, event, GONE.includes(what)), text };
  const ofWorkers = OF_WORKERS[event.type];
  if (ofWorkers) return { subject: `Worker ${event.name ?? ''}`.trim(), href: '/workers', text: ofWorkers };
  return null;
}

function rows(
  of: Named,
  { count: n, ids = [], name }: PlatformEvent,
  gone: boolean,
): { subject: string; href?: string } {
  const id = ids.length === 1 ? ids[0] : undefined;
  if (id === undefined) return { subject: n ? count(n, of.noun, plural(of)) : of.title };
  const subject = name ? `“${plainly(name)}”` : `${capital(of.noun)} ${id}`;
  return gone ? { subject } : { subject, href: addressOfRow(of, id) };
}

type EventRun = NonNullable<PlatformEvent['run']>;

function ofRun({ type }: PlatformEvent, run: EventRun, took: number | null): string {
  switch (type) {
    case 'runs.queued':
      return 'queued';
    case 'runs.started':
      return 'started';
    case 'runs.progress':
      return `running: ${count(run.rows_affected, 'row')} so far`;
    case 'runs.changed':
      return changedTo[run.state] ?? 'changed';
    case 'runs.finished': {
      if (run.state !== 'completed') return ended[run.state] ?? 'has ended';
      return `finished: ${count(run.rows_affected, 'row')}${took === null ? '' : `, ${duration(took)}`}`;
    }
    default:
      return run.state;
  }
}

const changedTo: Record<string, string> = {
  available: 'was put back into the queue',
  running: 'was asked to stop',
  cancelled: 'was cancelled',
};

const ended: Record<string, string> = {
  available: 'was given back to the queue',
  retryable: 'failed, and is retried',
  discarded: 'failed',
  cancelled: 'was cancelled',
};
