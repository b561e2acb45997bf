import type { APIRequestContext, Page } from '@playwright/test';
import { expect, test } from './platform';

async function make(api: APIRequestContext, item: Record<string, unknown>): Promise<string> {
  const answer = await api.post('/api/items', { data: item });
  expect(answer.status()).toBe(201);
  return `${answer.headers().location}`.replace('/api', '');
}

const patch = (api: APIRequestContext, address: string, data: Record<string, unknown>) =>
  api.patch(`/api${address}`, { data, headers: { 'content-type': 'application/merge-patch+json' } });

test('an item is shown with all that is known of it, live', async ({ page, api }) => {
  const address = await make(api, {
    name: 'Shown',
    description: 'Two\nlines',
    attributes: { colour: 'red' },
  });
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1, name: 'Shown' })).toBeVisible();
  await expect(page.getByText('"colour": "red"')).toBeVisible();
  await expect(page.getByText('shown', { exact: true })).toBeVisible({ timeout: 15_000 }); // the worker's slug
  await patch(api, address, { name: 'Shown anew' });
  await expect(page.getByRole('heading', { level: 1, name: 'Shown anew' })).toBeVisible();
});

test('an edit sends what changed, and nothing else', async ({ page, api }) => {
  const address = await make(api, {
    name: 'Edited',
    attributes: { keep: null, drop: 1, deep: { a: 1, b: 2 } },
    expires_at: '2030-10-27T00:30:15.123456Z',
  });
  await page.goto(address);
  await page.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit item' });
  await dialog
    .getByRole('textbox', { name: 'Attributes' })
    .fill('{"keep": null, "deep": {"a": 1, "b": 3}, "more": [null]}');
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await dialog.getByRole('button', { name: 'Save' }).click();
  expect((await sent).postDataJSON()).toEqual({ attributes: { drop: null, deep: { b: 3 }, more: [null] } });
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Edit' })).toBeFocused();
  const item = await (await api.get(`/api${address}`)).json();
  expect(item.attributes).toEqual({ keep: null, deep: { a: 1, b: 3 }, more: [null] });
  expect(item.expires_at).toBe('2030-10-27T00:30:15.123456Z');
});

test('the id that an item has elsewhere is set, shown, changed and taken away', async ({ page, api }) => {
  const address = await make(api, { name: 'Known elsewhere' });
  const stored = async () => (await (await api.get(`/api${address}`)).json()).external_id;
  const fact = page.locator('dt', { hasText: 'External ID' }).locator('xpath=following-sibling::dd[1]');
  await page.goto(address);
  await expect(fact).toHaveText('—');
  for (const id of ['sku-1', 'SKU 2']) {
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'External ID' }).fill(id);
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(fact).toHaveText(id);
    expect(await stored()).toBe(id);
  }
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'External ID' }).fill('');
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.getByRole('button', { name: 'Save' }).click();
  expect((await sent).postDataJSON()).toEqual({ external_id: null });
  await expect(fact).toHaveText('—');
  expect(await stored()).toBeNull();
});

test('an id that another item has is told at its field, and nothing typed is lost', async ({ page, api }) => {
  await make(api, { name: 'The first one', external_id: 'taken' });
  const address = await make(api, { name: 'The second one' });
  await page.goto(address);
  await page.getByRole('button', { name: 'Edit' }).click();
  await refusedThenSaved(page, 'taken', 'free');
  expect((await (await api.get(`/api${address}`)).json()).external_id).toBe('free');

  await page.goto('/items?new');
  await page.getByRole('textbox', { name: /^Name/ }).fill('The third one');
  await refusedThenSaved(page, 'free', 'also free');
  const [third] = await (await api.get('/api/items?external_id=also+free')).json();
  expect(third.name).toBe('The third one');
});

/** Saves the form with an id that another item has, and then with one that none has. */
async function refusedThenSaved(page: Page, taken: string, free: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  const field = dialog.getByRole('textbox', { name: 'External ID' });
  const save = dialog.getByRole('button', { name: /^(Save|Create)$/ });
  await field.fill(taken);
  await save.click();
  await expect(field).toHaveAccessibleDescription(/Another item has this External ID/);
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await field.fill(free);
  await expect(field).not.toHaveAttribute('aria-invalid', 'true');
  await save.click();
  await expect(dialog).toBeHidden();
}

test('numbers that are not edited keep all of their digits', async ({ page, api }) => {
  const attributes = '{"ids":[9007199254740993,5],"deep":[{"n":[0.1000000000000000000001,1.50]}]}';
  const made = await api.post('/api/items', {
    headers: { 'content-type': 'application/json' },
    data: `{"name":"Exact","attributes":${attributes}}`,
  });
  const address = `${made.headers().location}`;
  await page.goto(address.replace('/api', ''));
  await expect(page.locator('pre.json')).toContainText('9007199254740993');
  await page.getByRole('button', { name: 'Edit' }).click();
  const field = page.getByRole('textbox', { name: 'Attributes' });
  await field.fill((await field.inputValue()).replace(/\b5\b/, '6').replace('1.50', '1.5'));
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.getByRole('button', { name: 'Save' }).click();
  const now = attributes.replace('5]', '6]').replace('1.50', '1.5');
  expect((await sent).postData()).toBe(`{"attributes":${now}}`);
  await expect(page.getByRole('dialog')).toBeHidden();
  expect(await (await api.get(address)).text()).toContain('9007199254740993');
});

test('values of any length are folded, and unfold', async ({ page, api }) => {
  await page.setViewportSize({ width: 320, height: 700 });
  const description = 'word '.repeat(2_000).trim();
  await page.goto(await make(api, { name: 'Long', description, attributes: { blob: 'x'.repeat(64_000) } }));
  await expect(page.getByText('JSON, 64,016 characters')).toBeVisible();
  await expect(page.locator('pre.json')).toBeHidden();
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(3_000);
  await page.getByText('All 9,999 characters').click();
  await expect(page.locator('p.prose')).toHaveText(description);
});

test('an item is copied as a number, as JSON and as a call', async ({ page, api, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const address = await make(api, { name: 'Copied', attributes: { n: 1 } });
  await page.goto(address);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('button', { name: 'Copy ID' }).click();
  expect(await copied()).toBe(address.split('/').pop());
  await page.getByRole('button', { name: 'Copy as JSON' }).click();
  expect(JSON.parse(await copied())).toMatchObject({ name: 'Copied', attributes: { n: 1 } });
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  expect(await copied()).toMatch(new RegExp(`^curl http.*/api${address}$`));
});

test('a form is left by its Cancel, which asks where something was typed', async ({ page, api }) => {
  await page.goto(await make(api, { name: 'Left alone' }));
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Edit' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: 'Edit' }).click();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Changed');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog.getByText('You have unsaved changes.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await expect(dialog).toBeHidden();
});

test('a deleted item is restored from its address', async ({ page, api }) => {
  const address = await make(api, { name: 'Deleted elsewhere' });
  await api.delete(`/api${address}`);
  await page.goto(address);
  await expect(page.getByText('It was deleted or never existed.')).toBeVisible();
  await page.getByRole('button', { name: 'Restore' }).press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Deleted elsewhere' })).toBeVisible();
  expect((await api.get(`/api${address}`)).status()).toBe(200);
});

test('a null that a change cannot bring is told at its place', async ({ page, api }) => {
  await page.goto(await make(api, { name: 'Nulled', attributes: { a: 1 } }));
  await page.getByRole('button', { name: 'Edit' }).click();
  const attributes = page.getByRole('textbox', { name: 'Attributes' });
  await attributes.fill('{"a": null}');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(attributes).toHaveAccessibleDescription(/Line 1, column 7: a change cannot set null/);
});

test('a fault that only the API finds is told at its place', async ({ page, api }) => {
  await page.goto(await make(api, { name: 'Deep' }));
  await page.getByRole('button', { name: 'Edit' }).click();
  const attributes = page.getByRole('textbox', { name: 'Attributes' });
  await attributes.fill(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(attributes).toHaveAccessibleDescription(/nested at most 32 levels deep/);
  await expect(attributes).toBeFocused();
});

test('two who change the same item decide what stays', async ({ page, api }) => {
  const address = await make(api, { name: 'Shared', description: 'as it was', attributes: { a: 1 } });
  await page.goto(address);
  await page.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Mine');
  await dialog.getByRole('textbox', { name: 'Description' }).fill('mine alone');
  await patch(api, address, { name: 'Theirs', attributes: { b: 2 } });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('heading', { name: 'Somebody else has changed this item' })).toBeFocused();
  await expect(dialog.getByText('Attribute “b”')).toBeVisible();
  await dialog.getByRole('radio', { name: /Theirs/ }).check();

  // And once more, before it is saved.
  await patch(api, address, { description: 'theirs, too' });
  await dialog.getByRole('button', { name: 'Save this' }).click();
  await expect(dialog.getByText('theirs, too')).toBeVisible();
  await dialog.getByRole('radio', { name: /Yours/ }).check();
  await dialog.getByRole('button', { name: 'Save this' }).click();
  await expect(dialog).toBeHidden();
  const item = await (await api.get(`/api${address}`)).json();
  expect(item).toMatchObject({ name: 'Theirs', description: 'mine alone', attributes: { a: 1, b: 2 } });
});

test('what only the worker has done to an item is no conflict', async ({ page, api }) => {
  const past = new Date(Date.now() - 1_000).toISOString();
  const address = await make(api, { name: 'Passing', expires_at: past });
  const item = async () => (await api.get(`/api${address}`)).json();
  await page.goto(address);
  await page.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit item' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Passed');
  await api.post('/api/schedules/items.expire/runs');
  await expect.poll(async () => (await item()).status, { timeout: 15_000 }).toBe('expired');
  await expect.poll(async () => (await item()).enriched, { timeout: 15_000 }).toBe(true);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect(await item()).toMatchObject({ name: 'Passed', status: 'expired' });
});

test('an item that only the worker has changed is deleted all the same; one that a person has is not', async ({
  page,
  api,
}) => {
  const past = new Date(Date.now() - 1_000).toISOString();
  const address = await make(api, { name: 'Going', expires_at: past });
  const other = await make(api, { name: 'Staying' });
  const state = async () => (await api.get(`/api${address}`)).json();
  const deletes: number[] = [];
  await page.route(/\/api\/items\/\d+$/, async (route) => {
    if (route.request().method() !== 'DELETE') return route.continue();
    if (deletes.length === 0) {
      await api.post('/api/schedules/items.expire/runs'); // between the click and the deletion
      await expect.poll(async () => (await state()).status, { timeout: 20_000 }).toBe('expired');
    } else if (page.url().endsWith(other)) {
      await patch(api, other, { description: 'Somebody needs it' });
    }
    const answer = await route.fetch();
    deletes.push(answer.status());
    await route.fulfill({ response: answer });
  });
  await page.goto(address);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('This item was deleted.')).toBeVisible({ timeout: 25_000 });
  expect(deletes.at(-1)).toBe(204);

  await page.goto(other);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('“Staying” was not deleted', { exact: false })).toBeVisible();
  await expect(page.getByText('Somebody needs it')).toBeVisible();
});

test('an item that is deleted while it is edited can be brought back and saved', async ({ page, api }) => {
  const address = await make(api, { name: 'Fleeting' });
  await page.goto(address);
  await page.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Fleeting no more');
  await api.delete(`/api${address}`);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('button', { name: 'Restore it and save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Fleeting no more' })).toBeVisible();
});

test('deleting leaves a page that can undo it', async ({ page, api }) => {
  await page.goto(await make(api, { name: 'Deleted here' }));
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('This item was deleted.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: 'Edit' })).toBeVisible();
});

test('an item that others delete says so, and comes back', async ({ page, api }) => {
  const address = await make(api, { name: 'Deleted elsewhere' });
  await page.goto(address);
  await expect(page.getByRole('button', { name: 'Edit' })).toBeVisible();
  await api.delete(`/api${address}`);
  await expect(page.getByText('This item was deleted.')).toBeVisible();
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByRole('button', { name: 'Edit' })).toBeVisible();
});

for (const id of ['999999', 'abc', '-1', '99999999999999999999']) {
  test(`the address of no item says so: ${id}`, async ({ page }) => {
    await page.goto(`/items/${id}`);
    await expect(page.getByRole('heading', { level: 1, name: 'No such item' })).toBeVisible();
    await page.getByRole('main').getByRole('link', { name: 'All items' }).click();
    await expect(page).toHaveURL('/items');
  });
}

test('duplicates lead to each other', async ({ page, api }) => {
  const original = await make(api, { name: 'Twin lamp' });
  const copy = await make(api, { name: ' TWIN  lamp' });
  await page.goto(original);
  const link = page.getByRole('region', { name: 'Duplicates' }).getByRole('link', { name: 'TWIN lamp' });
  await link.click({ timeout: 20_000 });
  await expect(page).toHaveURL(copy);
  await page.getByRole('region', { name: 'Facts' }).getByRole('link').click();
  await expect(page).toHaveURL(original);
  await page.goto(`/items?duplicate_of=${original.split('/').at(-1)}`);
  await expect(page.locator('tbody tr')).toHaveCount(1);
  await page.getByRole('button', { name: /Duplicates of item/ }).click();
  await expect(page).toHaveURL('/items');
});

test('what people write is text, never markup', async ({ page, api }) => {
  const evil = '<script>window.hit = 1</script><img src=x onerror="window.hit = 1">';
  const address = await make(api, { name: evil, description: evil, attributes: { [evil]: evil } });
  const other = await make(api, { name: evil });
  for (const path of ['/items?q=onerror', address, other]) {
    await page.goto(path);
    await expect(page.getByRole('main').getByText('<script>').first()).toBeVisible();
  }
  await page.goto(address);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Mine');
  await patch(api, address, { name: `${evil}!` });
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('dialog').getByText('onerror').first()).toBeVisible();
  expect(await page.evaluate(() => 'hit' in window)).toBe(false);
  expect(await page.locator('main img, dialog img, main script, dialog script').count()).toBe(0);
});
