import type { EventSourceMessage } from 'eventsource-parser';
import { changed, readAgain } from '../api/queries';
import { authorized } from '../api/token';
import { feed, importing, indicator, mode, type PlatformEvent } from './live';
import { openStream } from './stream';

const FEED_LENGTH = 50;
const FLUSH_EVERY = 300; // milliseconds

/** The subjects that events make stale, by the part of their types before the dot. */
export type Subjects = Readonly<Record<string, readonly string[]>>;

/** Watches the platform until the returned function is called. */
export function watchPlatform(subjects: Subjects): () => void {
  const refresh = refresher(subjects);
  let seen = false; // whether the stream was up before
  const close = openStream({
    url: '/api/events',
    fetch: (url, init) => fetch(authorized(new Request(url, init))),
    onEvent: (event) => receive(event, refresh),
    onLive: (live) => {
      become(live, refresh);
      if (!live) return;
      // The events of the gap are replayed, unless they are too old; looking once more costs little.
      // The first time, nothing told of changes since the first answers; a read that still runs is current.
      if (seen) refresh();
      else readAgain();
      seen = true;
    },
  });
  return () => {
    close();
    mode.set('starting');
  };
}

/**
 * Marks the subjects of a kind of events as stale, or all, each at its own pace: one that takes long to read
 * holds up no other.
 */
type Refresh = (kind?: string) => void;

function refresher(subjects: Subjects): Refresh {
  const all = [...new Set(Object.values(subjects).flat())];
  const paces = new Map<string, () => void>();
  return (kind) => {
    for (const subject of kind === undefined ? all : (subjects[kind] ?? [])) {
      const mark = paces.get(subject) ?? paced(() => changed(subject), FLUSH_EVERY);
      paces.set(subject, mark);
      mark();
    }
  };
}

function become(live: boolean, refresh: Refresh): void {
  const was = mode.get();
  mode.set(live ? 'live' : 'polling');
  // A query looks at how often it is to be read only after it was: without this, the long pause of a live page goes on.
  if (was === 'live' && !live) refresh();
}

function receive(message: EventSourceMessage, refresh: Refresh): void {
  const data = parse(message.data);
  if (!data) return;
  if (message.event === 'hello' || message.event === 'status') {
    become(data.live !== false, refresh);
    return;
  }
  const event = data as unknown as PlatformEvent;
  if (typeof event.type !== 'string') return;
  if (event.type === 'reset') {
    refresh(); // whatever its id, which is that of an event that may have come before
    return;
  }
  const key = message.id ?? `${event.type} ${event.at}`;
  if (feed.get().some((entry) => entry.key === key)) return;
  refresh(event.type.split('.')[0] ?? '');
  if (event.import) {
    importing.set(event.import);
    if (!indicator.get()) {
      import('../imports/indicator.later').then((m) => indicator.set(m.Indicator)).catch(() => {});
    }
    return; // one that works sends one a second, and would fill the feed
  }
  if (event.type !== 'workers.beat' && event.type !== 'schedules.changed') {
    feed.set([{ ...event, key }, ...feed.get()].slice(0, FEED_LENGTH));
  }
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : null;
  } catch {
    return null; // not an event of this API
  }
}

/**
 * Calls `act` for calls that come in bursts: at once, and then once for all the calls that come before it is done and
 * `pause` milliseconds are over. Marking a query as stale ends its read in progress, so a read that takes longer
 * than the pause would never come to its end on a busy platform.
 */
export function paced(act: () => Promise<unknown>, pause: number): () => void {
  let again = false;
  let busy = false;
  const run = async () => {
    busy = true;
    do {
      again = false;
      await Promise.allSettled([act(), new Promise((resolve) => setTimeout(resolve, pause))]);
    } while (again);
    busy = false;
  };
  return () => {
    if (busy) again = true;
    else void run();
  };
}
