import type { APIRequestContext } from '@playwright/test';
import { expect, test, testSeparate } from './platform';

/** Runs a task by hand and waits for the end; returns the run's id. */
async function ranByHand(api: APIRequestContext, task: string): Promise<number> {
  const { id } = await (await api.post(`/api/schedules/${task}/runs`)).json();
  await expect
    .poll(async () => (await (await api.get(`/api/runs/${id}`)).json()).state, { timeout: 20_000 })
    .toBe('completed');
  return id;
}

test('what is shown is in the address', async ({ page, api }) => {
  const purge = await ranByHand(api, 'items.purge');
  const prune = await ranByHand(api, 'runs.prune');
  await page.goto('/runs');
  const run = (id: number) => page.getByRole('link', { name: `Run ${id}`, exact: true });
  await expect(run(purge)).toBeVisible();
  await expect(run(prune)).toBeVisible();

  await page.getByRole('combobox', { name: 'Task' }).selectOption('items.purge');
  await expect(page).toHaveURL('/runs?task=items.purge');
  await expect(run(prune)).toBeHidden();
  await page.getByRole('combobox', { name: 'State' }).selectOption('completed');
  await expect(page).toHaveURL('/runs?task=items.purge&state=completed');
  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Task' })).toHaveValue('items.purge');
  await expect(page.getByRole('combobox', { name: 'State' })).toHaveValue('completed');
  await expect(run(purge)).toBeVisible();
  await expect(run(prune)).toBeHidden();

  await page.goBack();
  await expect(page).toHaveURL('/runs?task=items.purge');
  await page.getByRole('link', { name: 'Show all runs' }).click();
  await expect(run(prune)).toBeVisible();
});

test('a filter that nothing fits says so, and leads back', async ({ page }) => {
  await page.goto('/runs?task=no.such.task');
  await expect(page.getByText('No runs match.')).toBeVisible();
  await page.getByRole('link', { name: 'Show all runs' }).first().click();
  await expect(page).toHaveURL('/runs');
});

test('older runs are a page further, and the newest are a click away', async ({ page, api }) => {
  for (let i = 0; i < 51; i++) await api.post('/api/schedules/runs.prune/runs');
  await page.goto('/runs?task=runs.prune');
  const rows = page.getByRole('table', { name: 'Runs' }).locator('tbody tr');
  await expect(rows).toHaveCount(50);
  const newest = await rows.first().getByRole('link').innerText();
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/cursor=/);
  await expect(page.getByRole('link', { name: `Run ${newest}`, exact: true })).toBeHidden();
  await page.getByRole('link', { name: 'Newest' }).click();
  await expect(page.getByRole('link', { name: `Run ${newest}`, exact: true })).toBeVisible();
});

test('the page of a run has what the API knows, and offers what can be done', async ({ page, api }) => {
  const id = await ranByHand(api, 'items.expire');
  const run = await (await api.get(`/api/runs/${id}`)).json();
  await page.goto(`/runs/${id}`);
  const facts = page.getByRole('region', { name: 'Facts' });
  await expect(facts).toContainText(/State\s*completed/);
  await expect(facts).toContainText(/Trigger\s*manual/);
  await expect(facts).toContainText(/Attempt\s*1 of \d/);
  await expect(facts.getByRole('link', { name: run.worker })).toHaveAttribute('href', '/workers');
  await expect(facts.locator(`time[datetime="${run.finished_at}"]`).first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^Cancel/ })).toHaveCount(0);

  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByText(`Run ${id} is in the queue again.`)).toBeVisible();
  await expect(facts).toContainText(/Attempt\s*2 of \d/, { timeout: 20_000 });
  await expect(facts).toContainText(/State\s*completed/, { timeout: 20_000 });
  await expect(page.getByRole('button', { name: 'Retry' })).toBeVisible();
});

test('a run that waits is cancelled after a question; one that has ended meanwhile is explained', async ({
  page,
  api,
}) => {
  const id = await ranByHand(api, 'items.expire');
  const run = await (await api.get(`/api/runs/${id}`)).json();
  // The page is told that the run waits; the cancelling itself is the API's.
  const waits = { ...run, state: 'scheduled', started_at: null, finished_at: null, duration_ms: null };
  await page.route(`**/api/runs/${id}`, (route) => route.fulfill({ json: waits }));
  await page.goto(`/runs/${id}`);
  await page.getByRole('button', { name: 'Cancel the run…' }).click();
  const dialog = page.getByRole('dialog', { name: `Cancel run ${id}?` });
  await dialog.getByRole('button', { name: 'Keep running' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Cancel the run…' })).toBeFocused();

  await page.getByRole('button', { name: 'Cancel the run…' }).click();
  await page.unroute(`**/api/runs/${id}`);
  await dialog.getByRole('button', { name: 'Cancel the run' }).click();
  await expect(page.getByText('The run has already ended, so there is nothing to cancel.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Retry' })).toBeVisible();
});

testSeparate(
  'a run that waits for a worker is cancelled, and is not run when there is one',
  async ({ page, api, separate }) => {
    testSeparate.setTimeout(90_000);
    await separate.worker.stop();
    const { id } = await (await api.post('/api/schedules/items.purge/runs')).json();
    await page.goto(`/runs/${id}`);
    const facts = page.getByRole('region', { name: 'Facts' });
    await expect(facts).toContainText(/State\s*queued/);
    await page.getByRole('button', { name: 'Cancel the run…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
    await expect(page.getByText(`Run ${id} was cancelled.`)).toBeVisible();
    await expect(facts).toContainText(/State\s*cancelled/);
    await separate.worker.start();
    const later = await ranByHand(api, 'items.purge');
    expect(later).toBeGreaterThan(id);
    await expect(facts).toContainText(/State\s*cancelled/);
    await page.getByRole('button', { name: 'Retry' }).click();
    await expect(facts).toContainText(/State\s*completed/, { timeout: 20_000 });
  },
);

test('an address with a cursor that is none says so, and leads to the newest runs', async ({ page }) => {
  await page.goto('/runs?cursor=nonsense&task=items.purge');
  await expect(page.getByRole('alert').filter({ hasText: 'cursor' })).toBeVisible();
  await page.getByRole('link', { name: 'Go to the first page' }).click();
  await expect(page).toHaveURL('/runs?task=items.purge');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a failed run leads with its newest error, and with the ways on', async ({ page, api }) => {
  const id = await ranByHand(api, 'items.expire');
  const run = await (await api.get(`/api/runs/${id}`)).json();
  const at = run.created_at;
  const errors = [
    { attempt: 1, at, error: 'panic: index out of range', trace: 'goroutine 7 [running]' },
    { attempt: 2, at, error: 'expire items: the database is locked' },
    { attempt: 3, at, error: 'expire items: the database is locked' },
  ];
  await page.route(`**/api/runs/${id}`, (route) =>
    route.fulfill({ json: { ...run, state: 'discarded', attempt: 3, max_attempts: 3, errors } }),
  );
  await page.goto(`/runs/${id}`);
  const failed = page.getByRole('region', { name: 'Why it failed' });
  await expect(failed.getByText('expire items: the database is locked')).toHaveCount(1);
  await expect(failed.getByRole('heading', { name: /^Attempts 2 to 3/ })).toBeVisible();
  await expect(failed).toContainText('ops/runbooks/run-discarded.md');
  const facts = await page.getByRole('region', { name: 'Facts' }).boundingBox();
  expect((await failed.boundingBox())?.y).toBeLessThan(facts?.y ?? 0);

  await expect(failed.getByText('goroutine 7 [running]')).toBeHidden();
  await failed.getByText('Earlier errors').click();
  await failed.getByText('Stack trace').click();
  await expect(failed.getByText('goroutine 7 [running]')).toBeVisible();
  await page.getByRole('link', { name: 'Schedule', exact: true }).click();
  await expect(page).toHaveURL('/schedules#schedule-items.expire');
});

test('several runs are retried at once', async ({ page, api }) => {
  const ids = [await ranByHand(api, 'runs.prune'), await ranByHand(api, 'runs.prune')];
  await page.goto('/runs?task=runs.prune');
  for (const id of ids) await page.getByRole('checkbox', { name: `Select run ${id}` }).check();
  await expect(page.getByText('2 runs selected')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cancel', exact: true })).toHaveCount(0); // they have ended
  await page.getByRole('button', { name: 'Retry', exact: true }).click();
  await expect(page.getByText('Retried 2 runs')).toBeVisible();
  for (const id of ids) {
    await expect
      .poll(async () => (await (await api.get(`/api/runs/${id}`)).json()).attempt, { timeout: 20_000 })
      .toBe(2);
  }
});

test('a run that there is not is said so', async ({ page }) => {
  for (const id of ['999999999', 'x']) {
    await page.goto(`/runs/${id}`);
    await expect(page.getByRole('heading', { level: 1, name: 'No such run' })).toBeVisible();
  }
});
