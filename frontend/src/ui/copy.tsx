import { useEffect, useState } from 'preact/hooks';

const STAYS = 2_000; // milliseconds

/** Copies a text. Its name is for screen readers, which do not see the text beside the button. */
export function CopyButton({ what, text, label = 'Copy' }: { what: string; text: string; label?: string }) {
  const [done, setDone] = useState('');
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(''), STAYS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setDone('Copied'),
      () => setDone('Not copied'),
    );
  // A page that is not served by HTTPS has no clipboard.
  if (!('clipboard' in navigator)) return null;
  return (
    <button type="button" class="link copy" aria-live="polite" onClick={() => void copy()}>
      {done || label}
      {!done && label === 'Copy' && <span class="visually-hidden"> {what}</span>}
    </button>
  );
}
