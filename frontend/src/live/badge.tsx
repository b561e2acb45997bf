import { useStore } from '@nanostores/preact';
import { mode, POLL_EVERY } from './live';

const WORDS = {
  starting: ['Connecting', 'The page is asking for live updates.'],
  live: ['Live', 'Changes appear here as they happen.'],
  polling: ['Not live', `Changes appear here within ${POLL_EVERY / 1_000} seconds: the page asks for them.`],
} as const;

/** Says whether the page is live. */
export function LiveBadge() {
  const shown = useStore(mode);
  const [word, meaning] = WORDS[shown];
  return (
    <span class={`badge live-${shown}`} role="status" title={meaning}>
      <span class="dot" aria-hidden="true" />
      {word}
    </span>
  );
}
