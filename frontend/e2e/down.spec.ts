import type { Page } from '@playwright/test';
import { expect, testSeparate as test } from './platform';

// The browser itself logs each request to a process that the test has stopped.
test.use({ tolerated: /Failed to load resource|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_INTERNET_DISCONNECTED/ });
test.describe.configure({ timeout: 90_000 });

const banner = (page: Page) => page.getByRole('status', { name: 'Health of the platform' });
const health = (page: Page) => page.getByRole('region', { name: 'Health', exact: true });
const badge = (page: Page, word: string) =>
  page
    .locator('header')
    .getByRole('status')
    .filter({ hasText: new RegExp(`^${word}$`) });

test('without the API: what was shown and typed stays, and saving works once it is back', async ({
  page,
  api,
  separate,
}) => {
  await api.post('/api/items', { data: { name: 'Shown before' } });
  await page.goto('/items');
  await expect(page.getByRole('link', { name: 'Shown before' })).toBeVisible();
  await page.getByRole('button', { name: 'New item' }).click();
  const form = page.getByRole('dialog');
  await form.getByRole('textbox', { name: /^Name/ }).fill('Typed before');

  await separate.api.kill();
  await expect(banner(page)).toContainText('The API does not answer.', { timeout: 15_000 });
  await expect(banner(page)).toContainText('It last answered at');
  await form.getByRole('button', { name: /^(Create|Save)/ }).click();
  await expect(form.getByText('The API does not answer', { exact: false })).toBeVisible({ timeout: 15_000 });
  await expect(form.getByRole('textbox', { name: /^Name/ })).toHaveValue('Typed before');
  await expect(page.getByText('Shown before', { exact: true })).toBeVisible();
  await expect(badge(page, 'Not live')).toBeVisible();

  await separate.api.start();
  await expect(banner(page)).toBeEmpty({ timeout: 15_000 });
  await form.getByRole('button', { name: /^(Create|Save)/ }).click();
  await expect(form).toBeHidden();
  await page.goto('/items');
  await expect(page.getByRole('link', { name: 'Typed before' })).toBeVisible();
  await expect(badge(page, 'Live')).toBeVisible();
});

test('without the API: a page is live again by itself when it is back', async ({ page, api, separate }) => {
  await page.goto('/items');
  await expect(badge(page, 'Live')).toBeVisible();
  await separate.api.kill();
  await expect(badge(page, 'Not live')).toBeVisible();
  await separate.api.start();
  // The web server may go on for a moment as if the API were down.
  await expect
    .poll(async () => (await api.post('/api/items', { data: { name: 'Made after the return' } })).status(), {
      timeout: 15_000,
    })
    .toBe(201);
  await expect(page.getByRole('link', { name: 'Made after the return' })).toBeVisible({ timeout: 15_000 });
  await expect(badge(page, 'Live')).toBeVisible({ timeout: 40_000 });
  await expect(banner(page)).toBeEmpty();
});

test('without a worker: the page says so until one is back', async ({ page, separate }) => {
  await page.goto('/workers');
  await expect(banner(page)).toBeEmpty();
  await separate.worker.stop();
  await expect(banner(page)).toContainText('No worker is running', { timeout: 15_000 });
  await separate.worker.start();
  await expect(banner(page)).toBeEmpty({ timeout: 15_000 });
});

test('a worker that was killed: the page says since when', async ({ page, separate }) => {
  await page.goto('/');
  await expect(banner(page)).toBeEmpty();
  await separate.worker.kill();
  await expect(banner(page)).toContainText(/No worker has been running since \d/, { timeout: 20_000 });
  await expect(health(page)).toContainText(/Worker\s*none is running\s*last heartbeat \d/);
  await separate.worker.start();
  await expect(banner(page)).toBeEmpty({ timeout: 15_000 });
  await expect(health(page)).toContainText(/Worker\s*ok/);
});

test('without Redis: the page says that it is not live, and changes still appear', async ({
  page,
  api,
  separate,
}) => {
  await page.goto('/items');
  await expect(badge(page, 'Live')).toBeVisible();
  await separate.redis.stop();
  await expect(badge(page, 'Not live')).toBeVisible({ timeout: 15_000 });
  await expect(banner(page)).toContainText('Redis cannot be reached.', { timeout: 15_000 });
  const made = await api.post('/api/items', { data: { name: 'Made without Redis' } });
  expect(made.status()).toBe(201);
  await expect(page.getByRole('link', { name: 'Made without Redis' })).toBeVisible({ timeout: 12_000 });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview' }).click();
  await expect(health(page)).toContainText(/Redis\s*cannot be reached/);
  await expect(health(page)).toContainText(/Database\s*ok/);

  await separate.redis.start();
  await expect(badge(page, 'Live')).toBeVisible({ timeout: 45_000 });
  await expect(banner(page)).toBeEmpty({ timeout: 15_000 });
  await expect(health(page)).toContainText(/Redis\s*ok/);
});

test('without a network: the page says so, keeps what it shows, and catches up', async ({
  page,
  context,
  api,
}) => {
  await api.post('/api/items', { data: { name: 'Read online' } });
  await page.goto('/items');
  await expect(page.getByRole('link', { name: 'Read online' })).toBeVisible();
  await context.setOffline(true);
  await expect(banner(page)).toContainText('You are offline.', { timeout: 15_000 });
  await expect(page.getByRole('link', { name: 'Read online' })).toBeVisible();
  await context.setOffline(false);
  await api.post('/api/items', { data: { name: 'Made meanwhile' } });
  await expect(page.getByRole('link', { name: 'Made meanwhile' })).toBeVisible({ timeout: 15_000 });
  await expect(banner(page)).toBeEmpty({ timeout: 15_000 });
  await expect(badge(page, 'Live')).toBeVisible({ timeout: 40_000 });
});
