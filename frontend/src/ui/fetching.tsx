import type { ComponentType } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

const WONDER = 300; // milliseconds until one wonders whether anything happens
const LONG = 8_000; // until one wants to do something about it

/** A component in a file of its own. */
export interface File<P> {
  load(): Promise<void>;
  /** The component, once it was fetched. */
  component?: ComponentType<P>;
}

/** A file that is fetched when it is first needed; one that did not come is asked for anew. */
export function file<P>(fetch: () => Promise<ComponentType<P>>): File<P> {
  const it: File<P> = {
    load: async () => {
      it.component ??= await fetch();
    },
  };
  return it;
}

/**
 * A page in a file of its own, shown once it is there. It replaces lazy() and Suspense of preact/compat
 * without their other features, and tries again when it is shown again.
 */
export function fetched<P extends object>(of: File<P>): ComponentType<P> {
  return function Fetched(props) {
    const [failed, setFailed] = useState<{ error: unknown } | null>(null);
    const [, setHere] = useState(false);
    useLayoutEffect(() => {
      if (of.component) return;
      let gone = false;
      of.load().then(
        () => {
          if (!gone) setHere(true);
        },
        (error: unknown) => {
          if (!gone) setFailed({ error });
        },
      );
      return () => {
        gone = true;
      };
    }, []);
    if (failed) throw failed.error;
    return of.component ? <of.component {...props} /> : <Fetching />;
  };
}

/** Stands in for a page while its file is on its way: in words, and with a way out if it does not come. */
function Fetching() {
  const [waited, setWaited] = useState(0);
  useEffect(() => {
    const timers = [WONDER, LONG].map((ms) => setTimeout(() => setWaited(ms), ms));
    return () => timers.forEach(clearTimeout);
  }, []);
  return (
    <div class="waiting" role="status">
      {waited >= WONDER && <p>Loading…</p>}
      {waited >= LONG && (
        <p class="row">
          This is taking longer than usual.
          <button type="button" class="secondary" onClick={() => location.reload()}>
            Reload
          </button>
        </p>
      )}
    </div>
  );
}
