import { useEffect, useState } from 'preact/hooks';

const WONDER = 300; // milliseconds until one wonders whether anything happens
const LONG = 8_000; // until one wants to do something about it

/** Stands in for a page whose file is on its way: in words, and with a way out if it does not come. */
export function Fetching() {
  const [waited, setWaited] = useState(0);
  useEffect(() => {
    const timers = [WONDER, LONG].map((ms) => setTimeout(() => setWaited(ms), ms));
    return () => timers.forEach(clearTimeout);
  }, []);
  return (
    <div class="waiting" role="status">
      {waited >= WONDER && <p>The page is being fetched…</p>}
      {waited >= LONG && (
        <p class="row">
          That takes long. The network may be slow, or the web server down.
          <button type="button" class="secondary" onClick={() => location.reload()}>
            Load again
          </button>
        </p>
      )}
    </div>
  );
}
