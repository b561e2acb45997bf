import type { Page } from '@playwright/test';
import { expect, test, testSeparate } from './platform';

declare global {
  interface Window {
    told: string[]; // the texts that a schedule's status has shown
  }
}

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
  await expect(status).toContainText(/Completed: \d+ rows? in [\d.]+ (ms|s)/, { timeout: 20_000 });
  const id = /Run (\d+)/.exec(await status.innerText())?.[1];
  await expect(rollup.getByRole('link', { name: new RegExp(`^Run ${id}: completed`) })).toBeVisible();
  await status.getByRole('link').click();
  await expect(page).toHaveURL(`/runs/${id}`);
});

testSeparate(
  'a run is followed through the queue and its work to its end',
  async ({ page, api, separate }) => {
    testSeparate.setTimeout(180_000);
    await separate.worker.stop();
    // Enough for the worker to be seen at it.
    for (let batch = 0; batch < 20; batch++) {
      const data = Array.from({ length: 1_000 }, (_, i) => ({ name: `Followed ${batch} ${i}` }));
      expect((await api.post('/api/items/batch', { data })).status()).toBe(201);
    }
    await page.goto('/schedules');
    const enrich = card(page, 'items.enrich');
    await enrich.evaluate((element) => {
      window.told = [];
      const status = element.querySelector('[role=status]');
      new MutationObserver(() => window.told.push(status?.textContent ?? '')).observe(element, {
        subtree: true,
        childList: true,
        characterData: true,
      });
    });
    await enrich.getByRole('button', { name: 'Run items.enrich now' }).click();
    const status = enrich.getByRole('status');
    await expect(status).toContainText('Queued');
    await expect(status).toContainText('no worker is running', { timeout: 30_000 });
    await separate.worker.start();
    await expect(status).toContainText(/Completed: [\d,]+ rows in/, { timeout: 60_000 });
    const told = await page.evaluate(() => window.told);
    expect(
      told.some((text) => /^Running/.test(text)),
      told.join(' | '),
    ).toBe(true);
  },
);

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
  await expect(cron).toHaveAccessibleDescription(/The minute cannot be “61”: it is from 0 to 59\./);

  // One that only the API refuses: its fault goes once something else is typed.
  await cron.fill('0 0 30 2 *');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(cron).toHaveAccessibleDescription(/never due/);
  await dialog.getByRole('button', { name: 'Reset to default of cron' }).click();
  await expect(cron).not.toHaveAttribute('aria-invalid', 'true');

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
  await dialog.getByRole('button', { name: 'Reset to default of cron' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(card(page, 'items.purge')).toContainText(before.cron);
  expect((await expire()).cron).toBe(before.cron);
});

test('leaving the editor asks before it takes what was typed', async ({ page }) => {
  await page.goto('/workers');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Schedules' }).click();
  await page.getByRole('button', { name: 'Edit items.purge…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit items.purge' });
  const cron = dialog.getByRole('textbox', { name: 'Cron' });
  await cron.fill('0 1 * * *');
  const question = dialog.getByText('You have unsaved changes.');
  for (const leave of [() => page.goBack(), () => page.keyboard.press('Escape')]) {
    await leave();
    await expect(question).toBeVisible();
    await dialog.getByRole('button', { name: 'Keep editing' }).click();
    await expect(cron).toHaveValue('0 1 * * *');
  }
  await page.goBack();
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('heading', { level: 1, name: 'Schedules' })).toBeVisible();
});

test('the last run is told in words and exactly, in the time zone of the person', async ({ page, api }) => {
  const { id } = await (await api.post('/api/schedules/runs.prune/runs')).json();
  const run = async () => (await api.get(`/api/runs/${id}`)).json();
  await expect.poll(async () => (await run()).state, { timeout: 20_000 }).toBe('completed');
  const { finished_at } = await run();
  await page.goto('/schedules');
  const hour = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'Europe/Berlin' });
  await expect(card(page, 'runs.prune')).toContainText(
    new RegExp(`Last run\\s*completed\\s*(now|\\d+ s ago), .*${hour.format(new Date(finished_at))}`),
  );
});

test('policies are chosen and go back to what is declared', async ({ page, api }) => {
  const prune = async () => (await api.get('/api/schedules/runs.prune')).json();
  const before = await prune();
  expect(before.missed_policy).not.toBe('all');
  await page.goto('/schedules');
  const dialog = page.getByRole('dialog', { name: 'Edit runs.prune' });
  const missed = dialog.getByRole('group', { name: 'Runs missed while no worker was up' });
  await page.getByRole('button', { name: 'Edit runs.prune…' }).click();
  await missed.getByRole('radio', { name: /^Run every one/ }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect((await prune()).missed_policy).toBe('all');

  await page.getByRole('button', { name: 'Edit runs.prune…' }).click();
  await missed.getByRole('radio', { name: 'Reset to default' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect((await prune()).missed_policy).toBe(before.missed_policy);
});
