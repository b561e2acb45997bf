import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { hold } from './travel';

/**
 * Keeps typed text that is not saved from leaving with its page. The browser asks before it leaves the site;
 * the way back and forward within it stays here, and `ask` asks.
 */
export function useUnsaved(dirty: boolean, ask: () => void): void {
  const asked = useRef(ask);
  asked.current = ask;
  useLayoutEffect(() => {
    if (!dirty) return;
    const release = hold(() => asked.current());
    const onLeave = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', onLeave);
    return () => {
      release();
      removeEventListener('beforeunload', onLeave);
    };
  }, [dirty]);
}

/** The question before something typed is let go. */
export function Unsaved({ onKeep, onDiscard }: { onKeep: () => void; onDiscard: () => void }) {
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <div class="callout">
      <p>You have unsaved changes.</p>
      <p class="row">
        <button type="button" ref={keep} onClick={onKeep}>
          Keep editing
        </button>
        <button type="button" class="danger" onClick={onDiscard}>
          Discard
        </button>
      </p>
    </div>
  );
}
