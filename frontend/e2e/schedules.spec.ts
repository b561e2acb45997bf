import type { Page } from '@playwright/test';
import { expect, test } from './platform';

const card = (page: Page, name: string) => page.getByRole('region', { name });

test('every schedule is there, by name', async ({ page, api }) => {
  const schedules: { name: string; cron: string }[] = await (await api.get('/api/schedules')).json();
  await page.goto('/schedules');
  await expect(page.getByRole('heading', { level: 2 })).toHaveText(schedules.map(({ name }) => name).sort());
  for (const { name, cron } of schedules) await expect(card(page, name)).toContainText(cron);
  await expect(card(page, 'items.expire')).toContainText('every minute');
  await expect(card(page, 'items.expire')).toContainText('UTC; you are in Europe/Berlin');
  await expect(card(page, 'items.expire')).toContainText(/Next run\s*(in \d+ s|now)/);
});

test('pausing lasts, and so does resuming', async ({ page }) => {
  await page.goto('/schedules');
  const purge = card(page, 'items.purge');
  await purge.getByRole('button', { name: 'Pause items.purge' }).click();
  await expect(purge.getByText('paused', { exact: true })).toBeVisible();
  await expect(purge.getByRole('button', { name: 'Resume items.purge' })).toBeFocused();
  await page.reload();
  await expect(purge.getByText('paused', { exact: true })).toBeVisible();
  await purge.getByRole('button', { name: 'Resume items.purge' }).click();
  await expect(purge).toContainText(/Next run\s*in \d+ (h|min|s)/);
  await page.reload();
  await expect(purge.getByRole('button', { name: 'Pause items.purge' })).toBeVisible();
});

test('a run that is asked for is followed to its end', async ({ page }) => {
  await page.goto('/schedules');
  const rollup = card(page, 'stats.rollup');
  await rollup.getByRole('button', { name: 'Run stats.rollup now' }).click();
  const status = rollup.getByRole('status');
  await expect(status).toContainText(/Completed: \d+ rows? in [\d.]+ (ms|s)/);
  const id = /Run (\d+)/.exec(await status.innerText())?.[1];
  await expect(rollup.getByRole('link', { name: new RegExp(`^Run ${id}: completed`) })).toBeVisible();
  await status.getByRole('link').click();
  await expect(page).toHaveURL(`/runs/${id}`);
});

test('the last runs are one stop of the Tab key, and the arrows go through them', async ({ page, api }) => {
  for (let i = 0; i < 3; i++) await api.post('/api/schedules/runs.prune/runs');
  await page.goto('/schedules');
  const bars = page.getByRole('list', { name: /^Last runs of runs\.prune/ }).getByRole('link');
  await expect.poll(() => bars.count()).toBeGreaterThanOrEqual(3);
  await bars.last().focus();
  await page.keyboard.press('ArrowLeft');
  await expect(bars.nth(-2)).toBeFocused();
  await page.keyboard.press('Home');
  await expect(bars.first()).toBeFocused();
  await expect(bars.and(page.locator('[tabindex="0"]'))).toHaveCount(1);
});

test('a wrong cron is refused at its field, and a right one changes the next run', async ({ page, api }) => {
  const expire = async () => (await api.get('/api/schedules/items.purge')).json();
  const before = await expire();
  await page.goto('/schedules');
  await page.getByRole('button', { name: 'Edit items.purge…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit items.purge' });
  const cron = dialog.getByRole('textbox', { name: 'Cron' });
  await expect(cron).toBeFocused();
  await cron.fill('61 * * * *');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(cron).toHaveAttribute('aria-invalid', 'true');
  await expect(cron).toBeFocused();
  const refused = await api.patch('/api/schedules/items.purge', {
    headers: { 'Content-Type': 'application/merge-patch+json' },
    data: { cron: '61 * * * *' },
  });
  const [fault] = (await refused.json()).errors;
  await expect(dialog.getByText(fault.detail, { exact: true })).toBeVisible();
  await expect(cron).toHaveAccessibleDescription(/\S/);

  await cron.fill('0 0 1 * *');
  await expect(dialog.getByText('on day 1 of each month at 00:00')).toBeVisible();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(card(page, 'items.purge')).toContainText('0 0 1 * *');
  const after = await expire();
  expect(after.cron).toBe('0 0 1 * *');
  expect(after.next_run_at).not.toBe(before.next_run_at);
  await expect(card(page, 'items.purge').locator(`time[datetime="${after.next_run_at}"]`)).toBeVisible();

  await page.getByRole('button', { name: 'Edit items.purge…' }).click();
  await dialog.getByRole('button', { name: 'Back to the declared value of cron' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(card(page, 'items.purge')).toContainText(before.cron);
  expect((await expire()).cron).toBe(before.cron);
});

test('policies are chosen and go back to what is declared', async ({ page, api }) => {
  const prune = async () => (await api.get('/api/schedules/runs.prune')).json();
  const before = await prune();
  expect(before.missed_policy).not.toBe('all');
  await page.goto('/schedules');
  const dialog = page.getByRole('dialog', { name: 'Edit runs.prune' });
  const missed = dialog.getByRole('group', { name: 'Times at which no worker was there' });
  await page.getByRole('button', { name: 'Edit runs.prune…' }).click();
  await missed.getByRole('radio', { name: /^all / }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect((await prune()).missed_policy).toBe('all');

  await page.getByRole('button', { name: 'Edit runs.prune…' }).click();
  await missed.getByRole('radio', { name: 'Back to the declared value' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect((await prune()).missed_policy).toBe(before.missed_policy);
});
