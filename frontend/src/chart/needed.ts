const NEAR = '200px';
const IDLE_WITHIN = 2_000; // milliseconds

/** Calls back once an element is about to be seen and the browser has nothing more urgent to do, until told to stop. */
export function whenNeeded(element: Element, act: () => void): () => void {
  let cancel = () => {};
  const seen = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      cancel = whenIdle(act);
    },
    { rootMargin: NEAR },
  );
  seen.observe(element);
  return () => {
    seen.disconnect();
    cancel();
  };
}

function whenIdle(act: () => void): () => void {
  if (typeof requestIdleCallback === 'function') {
    const id = requestIdleCallback(act, { timeout: IDLE_WITHIN });
    return () => cancelIdleCallback(id);
  }
  const timer = setTimeout(act, 200); // Safari has no idle callbacks
  return () => clearTimeout(timer);
}
