import { expect, test } from '../e2e/platform';
import { seed } from '../e2e/seed';

const BUDGET = 1_000; // milliseconds, on a processor four times slower
const RUNS = 7;

const PAGES = [
  ['/items', 'main tbody tr'],
  ['/', 'main dl.health .badge'],
] as const;

let seeded = false;

for (const [path, shown] of PAGES) {
  test(`${path} is there to use within a second, at a quarter of the speed`, async ({ context, api }) => {
    if (!seeded) await seed(api, 1_000);
    seeded = true;
    const figures: { shown: number; quiet: number }[] = [];
    for (let run = 0; run <= RUNS; run++) {
      const page = await context.newPage();
      const client = await context.newCDPSession(page);
      await client.send('Network.setCacheDisabled', { cacheDisabled: true });
      await client.send('Emulation.setCPUThrottlingRate', { rate: 4 });
      await page.addInitScript(watch, shown);
      await page.goto(path);
      const figure = await page.waitForFunction(() => window.interactive, undefined, { timeout: 20_000 });
      if (run > 0) figures.push((await figure.jsonValue()) as { shown: number; quiet: number }); // the first warms up
      await page.close();
    }
    const median = (of: 'shown' | 'quiet') =>
      figures.map((each) => each[of]).sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
    process.stdout.write(
      `${path} at 4x CPU slowdown, median of ${RUNS}: shown after ${Math.round(median('shown'))} ms, ` +
        `main thread quiet from ${Math.round(median('quiet'))} ms on\n`,
    );
    expect(median('quiet')).toBeLessThan(BUDGET);
  });
}

declare global {
  interface Window {
    interactive?: { shown: number; quiet: number };
  }
}

/**
 * Notes two times in milliseconds from the navigation's start: when the element looked for was there, and when the
 * last long task before half a second of quiet ended.
 */
function watch(selector: string): void {
  let shown = 0;
  let busyUntil = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) busyUntil = Math.max(busyUntil, task.startTime + task.duration);
  }).observe({ type: 'longtask', buffered: true });
  const look = setInterval(() => {
    const now = performance.now();
    if (!shown && document.querySelector('main h1') && document.querySelector(selector)) {
      shown = now;
    }
    if (shown && now - Math.max(shown, busyUntil) > 500) {
      clearInterval(look);
      window.interactive = { shown, quiet: Math.max(shown, busyUntil) };
    }
  }, 10);
}
