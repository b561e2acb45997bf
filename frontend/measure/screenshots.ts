import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { test as base, expect, testEmpty } from '../e2e/platform';
import { enriched, seed } from '../e2e/seed';

// Pictures of every page, to look at: npm run screenshots, then see screenshots/.

const DIR = join(import.meta.dirname, '../screenshots');
const test = base.extend({ tolerated: /Failed to load resource/ });

/** Takes the page in both themes, wide and narrow. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.waitForTimeout(250); // charts are drawn anew
      const dialog = await page.getByRole('dialog').count();
      await page.screenshot({
        path: join(DIR, `${name}-${width}-${colorScheme}.png`),
        fullPage: dialog === 0,
      });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('.waiting[aria-busy=true]')).toHaveCount(0);
  await expect(page.locator('header').getByText('Live', { exact: true })).toBeVisible();
}

test('with data', async ({ page, api }) => {
  await seed(api, 1_000);
  await enriched(api);
  for (const name of ['items.expire', 'stats.rollup', 'items.purge']) {
    expect((await api.post(`/api/schedules/${name}/runs`)).status()).toBe(202);
  }
  await open(page, '/');
  await api.post('/api/items', { data: { name: 'Sample' } });
  await api.delete('/api/items/4');
  await expect(page.getByText('Sample').first()).toBeVisible();
  await shoot(page, 'overview');
  for (const path of ['items', 'schedules', 'runs', 'workers']) {
    await open(page, `/${path}`);
    await shoot(page, path);
  }
  await open(page, '/items?q=no+such+thing');
  await shoot(page, 'items-no-result');
  await open(page, '/items/12');
  await shoot(page, 'item');
  const runs = (await (await api.get('/api/runs?limit=1&state=completed')).json()) as { id: number }[];
  await open(page, `/runs/${runs[0]?.id}`);
  await shoot(page, 'run');
  await open(page, '/nothing/here');
  await shoot(page, 'no-such-page');
  await open(page, '/items/999999');
  await shoot(page, 'item-not-found');
});

test('dialogs', async ({ page, api }) => {
  await open(page, '/items');
  await page.getByRole('button', { name: 'New item' }).click();
  await shoot(page, 'create');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^(Create|Save)/ })
    .click();
  await shoot(page, 'create-refused');

  const { id } = (await (await api.post('/api/items', { data: { name: 'Both change it' } })).json()) as {
    id: number;
  };
  await open(page, `/items/${id}`);
  await page.getByRole('button', { name: 'Edit' }).click();
  await shoot(page, 'edit');
  await page.getByRole('dialog').getByRole('textbox', { name: /^Name/ }).fill('My name for it');
  await api.patch(`/api/items/${id}`, {
    data: { name: 'Their name for it', description: 'Theirs' },
    headers: { 'Content-Type': 'application/merge-patch+json' },
  });
  await page.getByRole('dialog').getByRole('button', { name: /^Save/ }).click();
  await expect(page.getByText('Their name for it').first()).toBeVisible();
  await shoot(page, 'conflict');

  await open(page, '/schedules');
  await page.getByRole('button', { name: /^Edit/ }).first().click();
  await shoot(page, 'schedule-edit');
});

testEmpty('with nothing in it', async ({ page }) => {
  for (const path of ['', 'items', 'schedules', 'runs', 'workers']) {
    await open(page, `/${path}`);
    await shoot(page, `empty-${path || 'overview'}`);
  }
});

test('when the API does not answer', async ({ page }) => {
  await open(page, '/items');
  await page.route('**/{api,ready}/**', (route) => route.abort());
  await page.locator('.banner p').waitFor({ timeout: 15_000 });
  await shoot(page, 'down-items');
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await expect(page.getByText('could not be loaded').first()).toBeVisible();
  await shoot(page, 'down-runs');
});
