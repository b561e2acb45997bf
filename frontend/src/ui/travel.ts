let held: { here: string; state: unknown; ask: () => void } | null = null;

/**
 * Holds the person at this address while the returned function is not called: on the browser's way back or
 * forward the page stays, and `ask` asks.
 */
export function hold(ask: () => void): () => void {
  const mine = { here: location.href, state: history.state as unknown, ask };
  held = mine;
  return () => {
    if (held === mine) held = null;
  };
}

// The main module imports this one, so that this comes before the router: at the window, listeners are
// called in the order in which they were added.
addEventListener('popstate', (event) => {
  if (!held || location.href === held.here) return;
  event.stopImmediatePropagation();
  history.pushState(held.state, '', held.here); // the entry before it is the place that led here
  held.ask();
});
for (const moved of ['pushState', 'replaceState']) {
  // The router's own events: a search that was begun before may end later.
  addEventListener(moved, () => {
    if (held) held = Object.assign(held, { here: location.href, state: history.state });
  });
}
