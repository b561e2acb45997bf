import { expect, test } from './platform';

test('the worker is there, ok, with a heartbeat of now', async ({ page, api }) => {
  const [worker] = await (await api.get('/api/workers')).json();
  await page.goto('/workers');
  const rows = page.getByRole('table', { name: 'Workers' }).locator('tbody tr');
  await expect(rows).toHaveCount(1);
  await expect(rows.getByRole('rowheader')).toHaveText(worker.instance);
  await expect(rows).toContainText('ok');
  await expect(rows).toContainText(/(now|\d+ s ago)/);
  await expect(rows).toContainText(/\d+ ms/);
  await expect(page.getByText('No worker is running')).toHaveCount(0);
});

test('no worker at all says what that means, and how to start one', async ({ page }) => {
  await page.route('**/api/workers', (route) => route.fulfill({ json: [] }));
  await page.goto('/workers');
  const region = page.getByRole('region', { name: 'No worker is running' });
  await expect(region).toContainText('background work waits');
  await expect(region).toContainText('go run ./ops/local');
  await expect(region).toContainText('fualab-worker serve');
});

test('a stale worker says since when, and what runs leads to its runs', async ({ page, api }) => {
  const [worker] = await (await api.get('/api/workers')).json();
  const stale = { ...worker, instance: 'lost', status: 'stale', last_beat: '2030-01-31T12:00:05Z' };
  const busy = { ...worker, running: ['items.expire', 'items.enrich', 'items.enrich'] };
  await page.route('**/api/workers', (route) => route.fulfill({ json: [busy, stale] }));
  await page.goto('/workers');
  const table = page.getByRole('table', { name: 'Workers' });
  await expect(table.locator('tbody tr', { hasText: 'lost' })).toContainText('stale since 13:00:05');
  await expect(page.getByText('A stale worker has sent no heartbeat')).toBeVisible();
  await expect(table.getByText('items.enrich ×2')).toBeVisible();
  await expect(table.getByRole('link', { name: 'items.enrich' })).toHaveAttribute(
    'href',
    '/runs?task=items.enrich&state=running',
  );
});
