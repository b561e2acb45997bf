import { atom } from 'nanostores';
import type { ComponentType } from 'preact';
import type { components } from '../api/schema';

/** An event of GET /api/events: it tells of a change, never of the present state. */
export interface PlatformEvent {
  type: string;
  at: string;
  count?: number;
  ids?: number[];
  name?: string;
  import?: components['schemas']['EventImport'];
  run?: { id: number; task: string; state: string; attempt?: number; rows_affected: number };
}

/** An event as the page keeps it. */
export type FeedEntry = PlatformEvent & { key: string };

/** How the page learns of changes: at once, by asking every few seconds, or not yet known. */
export type Mode = 'starting' | 'live' | 'polling';

export const mode = atom<Mode>('starting');

/** The newest events, the newest first. */
export const feed = atom<readonly FeedEntry[]>([]);

/** The newest import that an event told of, and its component (imports/indicator.later.tsx), once there is one. */
export const importing = atom<PlatformEvent['import'] | null>(null);
export const indicator = atom<ComponentType<{ at: string }> | null>(null);

/** How often the page's data is read again, in milliseconds: while polling, and as a safeguard while live. */
export const POLL_EVERY = 4_000;
export const CHECK_EVERY = 60_000;

/** A query's refetchInterval. */
export function pollEvery(): number {
  return mode.get() === 'live' ? CHECK_EVERY : POLL_EVERY;
}
