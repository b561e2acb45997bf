import { expect, test } from './platform';

test('marks of states are seen with forced colours', async ({ page, api }) => {
  await api.post('/api/schedules/runs.prune/runs');
  await page.emulateMedia({ forcedColors: 'active' });
  await page.goto('/schedules');
  const card = page.getByRole('region', { name: 'runs.prune' });
  await expect(card.getByRole('link', { name: /^Run \d+: completed/ }).first()).toBeVisible({
    timeout: 20_000,
  });
  for (const mark of ['.badge .dot', '.bar.good > span']) {
    const [colour, ground, adjusted] = await card
      .locator(mark)
      .first()
      .evaluate((element) => [
        getComputedStyle(element).backgroundColor,
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(element).forcedColorAdjust,
      ]);
    expect(adjusted, mark).toBe('none'); // or else it has the ground's colour, whatever is computed
    expect(colour, mark).not.toBe(ground);
    expect(colour, mark).not.toBe('rgba(0, 0, 0, 0)');
  }
});

test('paper has what is said, all of it, and nothing to press', async ({ page, api }) => {
  const attributes = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key ${i}`, i]));
  const made = await api.post('/api/items', { data: { name: 'On paper', attributes } });
  await page.goto(`${made.headers().location}`.replace('/api', ''));
  await expect(page.locator('pre.json')).toBeHidden();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await expect(page.getByRole('heading', { level: 1, name: 'On paper' })).toBeVisible();
  await expect(page.getByText('"key 59": 59')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden();
  expect(
    await page.locator('button').evaluateAll((all) => all.filter((one) => one.checkVisibility()).length),
  ).toBe(0);
  const text = await page.locator('pre.json').evaluate((pre) => getComputedStyle(pre).color);
  expect(text).toBe('rgb(27, 36, 39)'); // the light theme's
});

test('links that look like buttons look like buttons', async ({ page, api }) => {
  await api.post('/api/items', { data: { name: 'To export' } });
  await page.goto('/items');
  for (const name of ['Export CSV', 'Import']) {
    const look = await page.getByRole('link', { name, exact: true }).evaluate((link) => {
      const { borderTopWidth, borderTopLeftRadius, textDecorationLine } = getComputedStyle(link);
      return { borderTopWidth, borderTopLeftRadius, textDecorationLine };
    });
    expect(look, name).toEqual({
      borderTopWidth: '1px',
      borderTopLeftRadius: '6px',
      textDecorationLine: 'none',
    });
  }
});

test('the figures of the chart have room', async ({ page, api }) => {
  const stats = await (await api.get('/api/stats/items?days=30')).json();
  const many = stats.map((day: object) => ({ ...day, created: 1_500_000 }));
  await page.route('**/api/stats/items*', (route) => route.fulfill({ json: many }));
  await api.post('/api/items', { data: { name: 'Counted' } });
  await page.goto('/');
  const over = page.locator('.chart .u-over');
  await expect(over).toBeAttached();
  const [room, width] = await over.evaluate((element) => {
    const context = document.createElement('canvas').getContext('2d');
    if (!context) return [0, 1];
    context.font = '12px system-ui, sans-serif';
    return [(element as HTMLElement).offsetLeft, context.measureText('1,500,000').width];
  });
  expect(room).toBeGreaterThan(width);
});
