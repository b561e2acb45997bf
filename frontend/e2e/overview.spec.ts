import type { APIRequestContext } from '@playwright/test';
import { number } from '../src/ui/number';
import { expect, test, testEmpty } from './platform';
import { quietly } from './seed';

const KEYS = ['created', 'expired', 'deleted'] as const;

declare global {
  interface Window {
    moved: number; // the sum of the layout shifts
  }
}

/** Makes an item, and has the worker count it. */
async function counted(api: APIRequestContext): Promise<void> {
  await api.post('/api/items', { data: { name: 'Counted' } });
  const { id } = await (await api.post('/api/schedules/stats.rollup/runs')).json();
  await expect
    .poll(async () => (await (await api.get(`/api/runs/${id}`)).json()).state, { timeout: 20_000 })
    .toBe('completed');
}

test('the health of each part is there, in words', async ({ page }) => {
  await page.goto('/');
  const health = page.getByRole('region', { name: 'Health' });
  await expect(health).toContainText(/API\s*ok/);
  await expect(health).toContainText(/Database\s*ok\s*(sqlite|postgres(ql)?) · [\d.]+ ms · schema \d{4}/);
  await expect(health).toContainText(/Redis\s*ok\s*[\d.]+ ms/);
  await expect(health).toContainText(/Worker\s*ok\s*last heartbeat (now|\d+ s ago)/);
});

test.describe('without an answer', () => {
  test.use({ tolerated: /status of 502/ });

  test('nothing is claimed of what nobody answers for', async ({ page }) => {
    await page.route('**/api/ready', (route) =>
      route.fulfill({
        status: 502,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'urn:fualab:problem:bad-gateway',
          title: 'The API cannot be reached',
          status: 502,
          detail: 'It is down, or starts.',
          instance: 'test',
        }),
      }),
    );
    await page.goto('/');
    const health = page.getByRole('region', { name: 'Health' });
    await expect(health).toContainText(/API\s*does not answer/);
    await expect(health.getByText('unknown')).toHaveCount(3);
  });
});

test('the table has the figures that the API has', async ({ page, api }) => {
  await counted(api);
  const stats = await (await api.get('/api/stats/items?days=30')).json();
  await page.goto('/');
  await expect(
    page.getByRole('img', { name: /^Items per day, last 30 days: [1-9]\d* created/ }),
  ).toBeVisible();
  await expect(page.locator('.chart canvas')).toBeVisible();
  await page.getByText('Show as table').click();
  const rows = page.getByRole('table', { name: 'Items per day' }).locator('tbody tr');
  await expect(rows).toHaveCount(30);
  for (const [i, day] of [...stats].reverse().entries()) {
    const row = rows.nth(i);
    await expect(row.locator('time')).toHaveAttribute('datetime', day.day);
    await expect(row.locator('td')).toHaveText(KEYS.map((key) => number(day[key])));
  }
});

test('nothing moves while the page is being read', async ({ page, api }) => {
  await counted(api);
  await page.setViewportSize({ width: 390, height: 844 });
  // Each answer comes long after the element that waits for it was painted.
  for (const path of ['ready', 'runs', 'stats/items']) {
    await page.route(`**/api/${path}*`, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await route.continue();
    });
  }
  await page.addInitScript(() => {
    window.moved = 0;
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) {
        if ('value' in shift) window.moved += Number(shift.value);
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await quietly(api, async () => {
    await page.goto('/');
    await expect(page.locator('.chart canvas')).toBeVisible();
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
    await expect(page.getByText('Worker', { exact: true })).toBeVisible();
    expect(await page.evaluate(() => window.moved)).toBeLessThan(0.01);
  });
});

test.describe('a chart that cannot be fetched', () => {
  test.use({ tolerated: /Failed to load resource/ });

  test('is told in its place, and the rest of the page stays', async ({ page, api }) => {
    await counted(api);
    await page.route('**/assets/plot*.js', (route) => route.abort());
    await page.goto('/');
    await expect(page.getByText('The chart could not be fetched.')).toBeVisible();
    await page.getByText('Show as table').click();
    await expect(page.getByRole('table', { name: 'Items per day' })).toBeVisible();
  });
});

test('the feed tells of an item that is created, and stands still while paused', async ({ page, api }) => {
  await page.goto('/');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const feed = page.getByRole('log', { name: 'Happening now' });
  const item = await (await api.post('/api/items', { data: { name: 'In the feed' } })).json();
  const link = feed.getByRole('link', { name: '“In the feed”' });
  await expect(link).toHaveAttribute('href', `/items/${item.id}`);
  await expect(feed).toContainText(/items\.enrich finished: \d+ rows?/);

  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await api.post('/api/items', { data: { name: 'While paused' } });
  await expect(page.getByText(/^\d+ newer$/)).toBeVisible();
  await expect(feed.getByText('While paused')).toHaveCount(0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(feed.getByRole('link', { name: '“While paused”' })).toBeVisible();
});

test('the last runs lead to their pages', async ({ page, api }) => {
  const { id } = await (await api.post('/api/schedules/items.purge/runs')).json();
  await page.goto('/');
  const runs = page.getByRole('table', { name: 'Last runs' });
  await runs.getByRole('link', { name: 'items.purge' }).first().click();
  await expect(page).toHaveURL(`/runs/${id}`);
});

testEmpty('a platform without items says what to do, and does it', async ({ page, api }) => {
  await page.goto('/');
  const first = page.getByRole('region', { name: 'There are no items yet' });
  await expect(first.getByRole('link', { name: 'Create an item' })).toHaveAttribute('href', '/items?new');
  await expect(first.getByRole('link', { name: 'Read the API docs' })).toHaveAttribute('href', '/docs');
  await first.getByRole('button', { name: 'Add sample items' }).click();
  await expect(first).toBeHidden();
  await expect(page.locator('.middle')).toBeFocused();
  expect((await (await api.get('/api/items')).json()).length).toBeGreaterThan(0);
});
