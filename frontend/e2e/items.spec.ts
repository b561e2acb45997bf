import type { APIRequestContext, Page } from '@playwright/test';
import { startLocal } from './local';
import { expect, holdEvents, needsOwn, test } from './platform';

/** Deletes the items that a word finds: a platform that was given may have those of an earlier run. */
async function clear(api: APIRequestContext, word: string): Promise<void> {
  const left = await api.get('/api/items', { params: { q: word.slice(0, 200), limit: 1_000 } });
  for (const { id } of (await left.json()) as { id: number }[]) await api.delete(`/api/items/${id}`);
}

/** Creates items that one word finds, and nothing else of this platform. */
async function make(api: APIRequestContext, word: string, count: number): Promise<void> {
  await clear(api, word);
  const items = Array.from({ length: count }, (_, i) => ({
    name: `${word} ${String(i + 1).padStart(3, '0')}`,
  }));
  const answer = await api.post('/api/items/batch', { data: items });
  expect(answer.status()).toBe(201);
}

const names = (page: Page) => page.locator('tbody th.name > a').allTextContents();

/** A test on a platform of its own, which it does not leave as empty as it was. */
const testFresh = test.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from it which fixtures are needed
  baseURL: async ({}, use, info) => {
    needsOwn(info);
    const local = await startLocal();
    await use(local.url);
    await local.stop();
  },
});

testFresh('a first visit says what items are, and makes samples', async ({ page }) => {
  await page.goto('/items');
  await expect(page.getByRole('heading', { name: 'There are no items yet' })).toBeVisible();
  await page.getByRole('button', { name: 'Create the first item' }).click();
  await expect(page.getByRole('dialog', { name: 'New item' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Create the first item' })).toBeFocused();
  await page.getByRole('button', { name: 'Add sample items' }).click();
  await expect(page.locator('.list-count p.quiet')).toHaveText('1–25 of 41 items');
  // The worker finds those that are alike, and the page shows it without being loaded again.
  await expect(page.getByText('duplicate of').first()).toBeVisible({ timeout: 15_000 });
});

test('a search is in the address and survives loading again', async ({ page, api }) => {
  await make(api, 'needle', 3);
  await make(api, 'haystack', 30);
  await page.goto('/items');
  await page.getByRole('searchbox', { name: 'Search' }).pressSequentially('NEEDLE');
  await expect(page).toHaveURL(/[?&]q=NEEDLE/);
  await expect(page.locator('tbody tr')).toHaveCount(3);
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue('NEEDLE');
  await expect(page.locator('tbody tr')).toHaveCount(3);
  await expect(page.locator('.list-count p.quiet')).toHaveText('3 items');

  await page.getByLabel('Status').selectOption('expired');
  await expect(page.getByText('No item is expired and contains “NEEDLE”.')).toBeVisible();
  await page.goBack();
  await expect(page.locator('tbody tr')).toHaveCount(3);
  await page.goForward();
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await expect(page).toHaveURL('/items');
  await expect(page.getByRole('searchbox')).toHaveValue('');
});

test('a search waits for the typing to pause, and asks once', async ({ page, api }) => {
  await make(api, 'debounced', 1);
  // No events: a clock that jumps is a silence that ends the stream, and with one that is back the list is read again.
  await holdEvents(page);
  await page.clock.install(); // so that keys are as far apart as the test says
  await page.goto('/items');
  const box = page.getByRole('searchbox');
  await expect(box).toBeVisible();
  const asked: string[] = [];
  page.on('request', (request) => {
    const q = new URL(request.url()).searchParams.get('q');
    if (q && request.url().includes('sort=')) asked.push(q); // not the count of them
  });
  await page.clock.pauseAt(Date.now() + 60_000);
  for (const key of 'debounced') {
    await box.press(key);
    await page.clock.runFor(100);
  }
  expect(asked).toEqual([]);
  await page.clock.runFor(200);
  await expect(page).toHaveURL(/q=debounced/);
  await expect.poll(() => asked).toEqual(['debounced']);
});

test('an answer that comes late is not taken for that of a newer search', async ({ page, api }) => {
  await make(api, 'tortoise', 1);
  await make(api, 'hare', 2);
  await page.goto('/items');
  let late = () => {};
  const held = new Promise<void>((resolve) => {
    late = resolve;
  });
  await page.route(/\/api\/items\?.*q=tortoise.*sort/, async (route) => {
    await held;
    await route.continue().catch(() => undefined); // it was given up
  });
  const begun = page.waitForRequest(/q=tortoise/);
  const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('q=tortoise'));
  await page.getByRole('searchbox').fill('tortoise');
  await begun;
  await page.getByRole('searchbox').fill('hare');
  expect((await ended).failure()?.errorText).toBe('net::ERR_ABORTED');
  const hares = ['hare 002', 'hare 001'];
  await expect.poll(() => names(page)).toEqual(hares);
  late();
  await page.waitForTimeout(500);
  expect(await names(page)).toEqual(hares);
  await expect(page).toHaveURL(/q=hare$/);
});

test('a search is for what was typed, to the letter', async ({ page, api }) => {
  const odd = 'a%41&q=+#%25';
  await make(api, odd, 1);
  await page.goto('/items');
  await page.getByRole('searchbox').fill(odd);
  await expect(page.locator('tbody tr')).toHaveCount(1);
  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue(odd);
  await expect.poll(() => names(page)).toEqual([`${odd} 001`]);
});

test('a click on the head of a column sorts, a second one turns it round', async ({ page, api }) => {
  await make(api, 'sorted', 4);
  await page.goto('/items?q=sorted');
  await expect(page.getByRole('columnheader', { name: 'ID' })).toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('button', { name: 'Name' }).click();
  await expect(page).toHaveURL(/sort=name/);
  await expect(page.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'ascending');
  const ascending = ['sorted 001', 'sorted 002', 'sorted 003', 'sorted 004'];
  await expect.poll(() => names(page)).toEqual(ascending);
  await page.getByRole('button', { name: 'Name' }).click();
  await expect.poll(() => names(page)).toEqual([...ascending].reverse());
});

test('pages go forward and back, and a page has an address', async ({ page, api }) => {
  await make(api, 'paged', 60);
  await page.goto('/items?q=paged&sort=name');
  const pager = page.getByRole('navigation', { name: 'Pages of items', exact: true });
  await expect(page.getByText('60 items').first()).toBeVisible();
  await expect.poll(async () => (await names(page))[0]).toBe('paged 001');
  await pager.getByRole('button', { name: 'Next' }).click();
  await expect.poll(async () => (await names(page))[0]).toBe('paged 026');
  await expect(pager.getByRole('button', { name: 'Next' })).toBeFocused();
  await page.reload();
  await expect.poll(async () => (await names(page))[0]).toBe('paged 026');
  await pager.getByRole('button', { name: 'Next' }).click();
  await expect.poll(() => names(page)).toHaveLength(10);
  await expect(pager.getByRole('button', { name: 'Next' })).toHaveAttribute('aria-disabled', 'true');
  await pager.getByRole('button', { name: 'Previous' }).click();
  await expect.poll(async () => (await names(page))[0]).toBe('paged 026');
  await pager.getByRole('button', { name: 'Previous' }).click();
  await expect.poll(async () => (await names(page))[0]).toBe('paged 001');
  await page.getByLabel('Per page').selectOption('100');
  await expect.poll(() => names(page)).toHaveLength(60);
});

test('an address with a cursor of another list says so, and leads to the first page', async ({ page }) => {
  await page.goto('/items?cursor=nonsense&sort=name');
  await expect(page.getByRole('alert').filter({ hasText: 'cursor' })).toBeVisible();
  await page.getByRole('link', { name: 'Go to the first page' }).click();
  await expect(page).toHaveURL('/items?sort=name');
});

test('deleting can be undone, and the focus stays near', async ({ page, api }) => {
  await make(api, 'doomed', 3);
  await page.goto('/items?q=doomed&sort=name');
  await page.getByRole('button', { name: 'Delete doomed 002' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => names(page)).toEqual(['doomed 001', 'doomed 003']);
  await expect(page.getByRole('link', { name: 'doomed 003' })).toBeFocused();
  await expect(page.getByText('Deleted “doomed 002”')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(() => names(page)).toEqual(['doomed 001', 'doomed 002', 'doomed 003']);
  await expect(page.getByRole('link', { name: 'doomed 002' })).toBeFocused();
});

test('deleting is undone by Ctrl+Z, from where the focus is', async ({ page, api }) => {
  await make(api, 'recalled', 3);
  await page.goto('/items?q=recalled&sort=name');
  await page.getByRole('button', { name: 'Delete recalled 002' }).press('Enter');
  await expect(page.getByRole('link', { name: 'recalled 003' })).toBeFocused();
  const search = page.getByRole('searchbox');
  await search.press('Control+z'); // which is the text's
  await expect(page.getByText('Deleted “recalled 002”')).toBeVisible();
  await page.getByRole('link', { name: 'recalled 003' }).press('Control+z');
  await expect(page.getByText('Restored “recalled 002”')).toBeVisible();
  await expect(page.getByRole('link', { name: 'recalled 002' })).toBeFocused();
});

test('each of many deletions can be undone, and a notice that is closed gives the focus back', async ({
  page,
  api,
}) => {
  await make(api, 'many', 7);
  await page.goto('/items?q=many&sort=name');
  for (let n = 1; n <= 6; n++) {
    await page.getByRole('button', { name: `Delete many 00${n}` }).click();
    await expect(page.getByRole('link', { name: `many 00${n}` })).toHaveCount(0);
  }
  const undo = page.getByRole('button', { name: 'Undo' });
  await expect(undo).toHaveCount(6);
  await page.getByRole('link', { name: 'many 007' }).focus();
  await undo.first().press('Enter');
  await expect(page.getByRole('link', { name: 'many 001' })).toBeVisible();

  const notices = page.getByRole('region', { name: 'Notices' });
  const close = notices.getByRole('button', { name: 'Close this notice' });
  await page.getByRole('link', { name: 'many 007' }).focus();
  await close.first().focus();
  for (let left = await close.count(); left > 0; left--) {
    const focused = () => page.evaluate(() => document.activeElement?.closest('.notice') !== null);
    expect(await focused()).toBe(true);
    await page
      .locator('.notice:focus-within')
      .getByRole('button', { name: 'Close this notice' })
      .press('Enter');
    await expect(close).toHaveCount(left - 1);
  }
  await expect(page.getByRole('link', { name: 'many 007' })).toBeFocused();
});

test('the way back asks before it takes what was typed', async ({ page }) => {
  await page.goto('/workers');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Items' }).click();
  await page.getByRole('button', { name: 'New item' }).click();
  const dialog = page.getByRole('dialog', { name: 'New item' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('unsaved');
  await page.goBack();
  await expect(dialog.getByText('You have unsaved changes.')).toBeVisible();
  await expect(page).toHaveURL('/items');
  await dialog.getByRole('button', { name: 'Keep editing' }).click();
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('unsaved');
  await page.goBack();
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await expect(dialog).toBeHidden();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Workers' })).toBeVisible();
});

test('what others create and change appears, and the focus stays', async ({ page, api }) => {
  await make(api, 'watched', 2);
  await page.goto('/items?q=watched');
  await expect(page.locator('header').getByText('Live', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'watched 001' }).focus();
  await api.post('/api/items', { data: { name: 'watched anew' } });
  await expect.poll(() => names(page)).toEqual(['watched anew', 'watched 002', 'watched 001']);
  await expect(page.getByRole('link', { name: 'watched 001' })).toBeFocused();
});

test('an item is created with the keyboard only', async ({ page, api }) => {
  await clear(api, 'typed');
  await page.goto('/items?q=typed');
  await page.getByRole('button', { name: 'New item' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('typed by hand');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Two\nlines');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('link', { name: 'typed by hand' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'New item' })).toBeFocused();
});

test('faults are told at their fields, and nothing typed is lost', async ({ page }) => {
  await page.goto('/items?new');
  const dialog = page.getByRole('dialog', { name: 'New item' });
  const name = dialog.getByRole('textbox', { name: 'Name' });
  const attributes = dialog.getByRole('textbox', { name: 'Attributes' });
  await attributes.fill('{\n  "a": 1\n  "b": 2\n}');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(name).toBeFocused();
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(name).toHaveAccessibleDescription(/An item needs a name/);
  await expect(attributes).toHaveAccessibleDescription(/Line 3, column 3: a comma is missing/);

  await name.fill('😀'.repeat(256));
  await expect(dialog.getByText('256 of 255 characters')).toBeVisible();
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(dialog.getByText('This is 1 character too long')).toBeVisible();

  await name.fill('placed');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(attributes).toBeFocused();
  const selected = () =>
    attributes.evaluate((area) =>
      area instanceof HTMLTextAreaElement ? area.value.slice(area.selectionStart, area.selectionEnd) : '',
    );
  await expect.poll(selected).toBe('"b"');

  // Leaving asks, Escape by Escape.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(dialog.getByText('You have unsaved changes.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Keep editing' }).click();
  await expect(name).toHaveValue('placed');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL('/items');
});

test('an expiry is chosen in the time zone of the person', async ({ page, api }) => {
  await clear(api, 'leasehold');
  await page.clock.setFixedTime('2026-11-24T10:00:30Z');
  await page.goto('/items?new&q=leasehold');
  const dialog = page.getByRole('dialog', { name: 'New item' });
  const expires = dialog.getByLabel('Expires', { exact: true });
  await dialog.getByRole('button', { name: 'In a week' }).click();
  await expect(expires).toHaveValue('2026-12-01T11:00');
  await expect(expires).toHaveAccessibleDescription('In 6 d (Europe/Berlin, GMT+1).');
  await dialog.getByRole('button', { name: 'Never' }).click();
  await expect(expires).toHaveValue('');
  await expires.fill('2027-03-28T02:30');
  await expect(expires).toHaveAccessibleDescription(/this time does not come, 03:30 is meant/);
  await expires.fill('2027-07-01T12:00');
  await expect(expires).toHaveAccessibleDescription(/Europe\/Berlin, GMT\+2/);
  await dialog.getByRole('textbox', { name: 'Name' }).fill('leasehold');
  await dialog.getByRole('textbox', { name: 'Attributes' }).fill('{"a":1.50}');
  await dialog.getByRole('button', { name: 'Format' }).click();
  await expect(dialog.getByRole('textbox', { name: 'Attributes' })).toHaveValue('{\n  "a": 1.50\n}');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('link', { name: 'leasehold' })).toBeVisible();
  const [item] = await (await api.get('/api/items?q=leasehold')).json();
  expect(item.attributes).toEqual({ a: 1.5 });
  expect(new Date(item.expires_at).toISOString()).toBe('2027-07-01T10:00:00.000Z');
});

test.describe('without the API', () => {
  test.use({ tolerated: /ERR_FAILED|Failed to load/ });

  test('the form stays, says so, and saves when it is back', async ({ page, api }) => {
    await clear(api, 'patient');
    await page.goto('/items?new&q=patient');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('patient');
    await page.route('**/api/items', (route) =>
      route.request().method() === 'POST' ? route.abort() : route.continue(),
    );
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await expect(dialog.getByText(/Not saved: The API does not answer/)).toBeVisible();
    await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('patient');
    await page.unroute('**/api/items');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await expect(page.getByRole('link', { name: 'patient' })).toBeVisible();
  });
});

test('rows do not move under the pointer: what others create waits until it has left', async ({
  page,
  api,
}) => {
  await make(api, 'pointed', 3);
  await page.goto('/items?q=pointed');
  await expect(page.locator('header').getByText('Live', { exact: true })).toBeVisible();
  const held = ['pointed 003', 'pointed 002', 'pointed 001'];
  await page.getByRole('button', { name: 'Delete pointed 002' }).hover();
  const before = await page.getByRole('button', { name: 'Delete pointed 002' }).boundingBox();
  await api.post('/api/items', { data: { name: 'pointed anew' } });
  await expect(page.getByText('1 change shown when the pointer leaves the list')).toBeVisible();
  expect(await names(page)).toEqual(held);
  expect(await page.getByRole('button', { name: 'Delete pointed 002' }).boundingBox()).toEqual(before);
  await page.getByRole('heading', { level: 1 }).hover();
  await expect.poll(() => names(page)).toEqual(['pointed anew', ...held]);
});

test('rows are selected, deleted and brought back, all that a search finds', async ({ page, api }) => {
  await make(api, 'several', 60);
  const left = async () =>
    (await (await api.get('/api/items', { params: { q: 'several', limit: 1_000 } })).json()).length;
  await page.goto('/items?q=several&sort=name');
  await page.getByRole('checkbox', { name: 'Select several 002' }).check();
  await page.getByRole('checkbox', { name: 'Select several 004' }).press('Space');
  await expect(page.getByText('2 items selected')).toBeVisible();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('Deleted 2 items')).toBeVisible();
  await expect.poll(left).toBe(58);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('Restored 2 items')).toBeVisible();
  await expect.poll(left).toBe(60);

  let open = 0;
  let most = 0;
  await page.route(/\/api\/items\/\d+$/, async (route) => {
    most = Math.max(most, ++open);
    const answer = await route.fetch();
    open--;
    await route.fulfill({ response: answer });
  });
  await page.getByRole('checkbox', { name: 'Select all items on this page' }).check();
  await page.getByRole('button', { name: 'Select all 60' }).click();
  await expect(page.getByText('60 items selected')).toBeVisible();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('Deleted 60 items')).toBeVisible({ timeout: 20_000 });
  expect(await left()).toBe(0);
  expect(most).toBeLessThanOrEqual(4);
  await page.keyboard.press('Control+z');
  await expect(page.getByText('Restored 60 items')).toBeVisible({ timeout: 20_000 });
  expect(await left()).toBe(60);
});

test('an item is found by the id that it has elsewhere', async ({ page, api }) => {
  await clear(api, 'findable');
  await api.post('/api/items', { data: { name: 'findable', external_id: `sku ${Date.now()}` } });
  const [item] = await (await api.get('/api/items?q=findable')).json();
  await page.goto('/items');
  await page.getByText('More filters').click();
  await page.getByLabel('External ID').fill(item.external_id);
  await page.getByLabel('External ID').press('Enter');
  await expect.poll(() => names(page)).toEqual(['findable']);
  await page.reload();
  await expect(page.getByLabel('External ID')).toHaveValue(item.external_id);
  await page.getByLabel('Created before').fill('2001-01-01T00:00');
  await page.getByLabel('Created before').press('Enter');
  await expect(
    page.getByText(/No item has the external ID .* and was created before 1 Jan 2001/),
  ).toBeVisible();
});

test('the way back to the list has its search, sort and page', async ({ page, api }) => {
  await make(api, 'returned', 30);
  await page.goto('/items?q=returned&sort=name');
  await page
    .getByRole('navigation', { name: 'Pages of items', exact: true })
    .getByRole('button', { name: 'Next' })
    .click();
  await expect(page.getByText('26–30 of 30 items').first()).toBeVisible();
  const address = page.url();
  await page.getByRole('link', { name: 'returned 027' }).click();
  await page.getByRole('link', { name: 'Back to the items' }).click();
  await expect(page).toHaveURL(address);
  await page.reload();
  await page.goto('/items/999999999');
  await expect(page.getByRole('link', { name: 'All items' })).toHaveAttribute('href', '/items');
});

test('lists show exact times when a person wants them, by keyboard as well, and remember it', async ({
  page,
  api,
}) => {
  await make(api, 'timed', 1);
  await page.goto('/items?q=timed');
  const time = page.locator('tbody .updated_at time');
  await expect(time).toHaveText(/ago|now/);
  await page.getByRole('button', { name: 'Exact times' }).press('Enter');
  await expect(time).toHaveText(/\d{4}, \d\d:\d\d:\d\d/);
  await page.reload();
  await expect(time).toHaveText(/\d{4}, \d\d:\d\d:\d\d/);
});

test('a name keeps its direction to itself, and cannot turn what is beside it', async ({ page, api }) => {
  await clear(api, 'invoice');
  await api.post('/api/items', { data: { name: 'invoice \u202egpj.exe', description: 'שלום עולם' } });
  await page.goto('/items?q=invoice');
  await page.getByRole('link', { name: 'invoice \ufffdgpj.exe' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'invoice \ufffdgpj.exe' })).toBeVisible();
  const prose = page.locator('.prose');
  expect(await prose.evaluate((p) => getComputedStyle(p).direction)).toBe('rtl');
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.locator('.notice bdi')).toHaveText('invoice \ufffdgpj.exe');
});

test.describe('a narrow screen', () => {
  test.use({ viewport: { width: 320, height: 700 } });

  test('has no word in two', async ({ page, api }) => {
    await make(api, 'narrow', 60);
    await page.goto('/items?q=narrow');
    await expect(page.getByText('of 60 items').first()).toBeVisible();
    const broken = await page.locator('.pager button, .top nav a, .list-count p').evaluateAll((elements) =>
      elements.flatMap((element) => {
        const words = (element.textContent ?? '').split(/\s+/).filter(Boolean);
        const range = document.createRange();
        const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
        if (!text) return [];
        return words.filter((word) => {
          const at = (text.textContent ?? '').indexOf(word);
          if (at < 0) return false;
          range.setStart(text, at);
          range.setEnd(text, at + word.length);
          return new Set([...range.getClientRects()].map(({ top }) => top)).size > 1;
        });
      }),
    );
    expect(broken).toEqual([]);
    const tops = await page
      .locator('.top nav a')
      .evaluateAll((links) => links.map((link) => link.getBoundingClientRect().top));
    expect(new Set(tops).size).toBe(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  });
});

test.describe('a script that can no longer be fetched, as after a release', () => {
  test.use({ tolerated: /ERR_FAILED|Failed to load/ });

  test('does not keep an open form from saving', async ({ page, api }) => {
    await clear(api, 'outlived');
    await page.goto('/items?q=outlived');
    await page.getByRole('button', { name: 'New item' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toBeVisible();
    const fetched = () =>
      page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => /json/.test(name)));
    await expect.poll(fetched).toBe(true);
    await page.route('**/assets/**', (route) => route.abort());
    await dialog.getByRole('textbox', { name: 'Name' }).fill('outlived');
    await dialog.getByRole('textbox', { name: 'Attributes' }).fill('{"a": 1}');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole('link', { name: 'outlived' })).toBeVisible();
  });
});

test('the list fits a small screen', async ({ page, api }) => {
  await make(api, `small ${'x'.repeat(200)}`, 1);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/items?q=small');
  const row = page.locator('tbody tr');
  await expect(row).toHaveCount(1);
  await expect(row.getByText('Active').filter({ visible: true })).toHaveCount(1);
  const target = await row.getByRole('button').boundingBox();
  expect(Math.min(target?.width ?? 0, target?.height ?? 0)).toBeGreaterThanOrEqual(24);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
