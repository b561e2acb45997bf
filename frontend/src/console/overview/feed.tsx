import { useStore } from '@nanostores/preact';
import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { told } from '../../cards';
import { type FeedEntry, feed, type Mode, mode, POLL_EVERY } from '../../live/live';
import { timeOfDay } from '../../ui/time';
import { lastRunsQuery } from '../queries';
import { lines } from './lines';

/**
 * Shows events as they happen. It stands still while it is paused or has the focus, and is never
 * read aloud by itself: it would not stop.
 */
export function Feed() {
  const [paused, setPaused] = useState<readonly FeedEntry[] | null>(null);
  const [held, setHeld] = useState<readonly FeedEntry[] | null>(null);
  const newest = useStore(feed);
  const how = useStore(mode);
  const shown = paused ?? held ?? newest;
  const { data: runs } = useQuery(lastRunsQuery());
  const all = lines(shown, told(), runs?.rows);
  const newer = paused ? newest.findIndex((entry) => entry.key === paused[0]?.key) : 0;
  return (
    <section class="panel glance told" aria-labelledby="feed-title">
      <header class="panel-head">
        <h2 id="feed-title">Happening now</h2>
        <span class="row">
          {newer > 0 && <span class="quiet">{newer} newer</span>}
          <button
            type="button"
            class="secondary small"
            aria-pressed={paused !== null}
            onClick={() => setPaused(paused ? null : newest)}
          >
            {paused ? 'Resume' : 'Pause'}
          </button>
        </span>
      </header>
      <Why mode={how} empty={all.length === 0} />
      <div
        class="scroll"
        tabIndex={all.length > 0 ? 0 : undefined}
        role="log"
        aria-live="off"
        aria-labelledby="feed-title"
      >
        <ol class="feed" onFocusCapture={() => setHeld(held ?? newest)} onBlurCapture={() => setHeld(null)}>
          {all.map(({ key, at, subject, href, text }) => (
            <li key={key}>
              <time dateTime={at}>{timeOfDay(at)}</time>
              <span>
                <bdi>{href ? <Link href={href}>{subject}</Link> : subject}</bdi> {text}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function Why({ mode, empty }: { mode: Mode; empty: boolean }) {
  if (mode === 'polling') {
    return (
      <p class="quiet">
        Not live: events do not arrive, so nothing new appears here. The rest of the page is read again every{' '}
        {POLL_EVERY / 1_000} seconds. The connection is tried again by itself.
      </p>
    );
  }
  if (!empty) return null;
  return (
    <p class="quiet">
      {mode === 'starting' ? 'Connecting…' : 'Nothing has happened since you opened this page.'}
    </p>
  );
}
