import type { Page, Route } from '@playwright/test';
import { expect, test } from './platform';

const IMPORT = {
  id: 7,
  state: 'uploading',
  dry_run: false,
  cancel_requested: false,
  bytes_received: 0,
  rows_read: 0,
  rows_total: null as number | null,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  rejected: 0,
  error: '',
  rows_per_second: 0,
  remaining_seconds: null as number | null,
};

/** Stands in for the API of imports: it takes parts, and then answers with the import that the test wants. */
async function importer(page: Page, after: Partial<typeof IMPORT>) {
  const it = { ...IMPORT, asked: '', file: '', after };
  await page.route('**/api/imports**', async (route: Route) => {
    const request = route.request();
    const { pathname, search } = new URL(request.url());
    if (pathname.endsWith('/errors')) {
      return route.fulfill({ json: [{ line: 3, column: 'name', reason: 'must not be empty' }] });
    }
    if (request.method() === 'GET' && pathname === '/api/imports') return route.fulfill({ json: [] });
    if (pathname.endsWith('/cancel')) it.after = { state: 'cancelled', inserted: 40 };
    if (request.method() === 'POST' && pathname === '/api/imports') it.asked = search;
    if (request.method() === 'PATCH') {
      it.file += request.postData() ?? '';
      it.bytes_received = it.file.length;
      if (request.headers()['upload-complete'] === '?1') it.state = 'queued';
    }
    const { asked: _, file: __, after: now, ...rest } = it;
    await route.fulfill({ json: it.state === 'uploading' ? rest : { ...rest, ...now } });
  });
  return it;
}

const FILE = { name: 'things.csv', mimeType: 'text/csv', buffer: Buffer.from('Titel;Size\nLamp;1\n;2\n') };

test('a file is looked at, mapped, tried, and imported', async ({ page }) => {
  const it = await importer(page, { state: 'completed', dry_run: true, rows_read: 2 });
  await page.goto('/items');
  await page.getByRole('link', { name: 'Import' }).click();
  await page.getByLabel('Drop a CSV').setInputFiles(FILE);
  await expect(page.getByLabel('Delimiter')).toHaveValue('semicolon');
  await expect(page.getByRole('cell', { name: 'Lamp' })).toBeVisible();
  await page.getByLabel('What Titel is for').selectOption('name');
  await page.getByRole('button', { name: 'Check file' }).click();
  await expect(page.getByText('The file was checked. Nothing was imported')).toBeVisible();
  expect(new URLSearchParams(it.asked).get('columns')).toBe('{"Titel":"name"}');
  expect(new URLSearchParams(it.asked).get('dry_run')).toBe('true');
  expect(it.file).toBe(FILE.buffer.toString());
  await page.getByRole('button', { name: 'Import it now' }).click();
  await expect.poll(() => new URLSearchParams(it.asked).has('dry_run')).toBe(false);
});

test('its progress survives a reload, and it can be cancelled', async ({ page }) => {
  const it = await importer(page, {
    state: 'importing',
    rows_read: 50,
    rows_total: 200,
    rows_per_second: 25,
    remaining_seconds: 6,
  });
  it.state = 'queued';
  await page.goto('/items?import=7');
  await page.reload();
  await expect(page.getByText('50 of 200 rows, 25 a second, about 6 s left')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel the import' }).click();
  await expect(page.getByText('Cancelled. The rows counted below were imported and stay')).toBeVisible();
});

test('an upload that a reload has interrupted goes on with the same file', async ({ page }) => {
  const it = await importer(page, { state: 'failed', rejected: 1, error: 'One row is rejected.' });
  it.file = FILE.buffer.toString().slice(0, 5);
  it.bytes_received = 5;
  await page.goto('/items?import=7');
  await expect(page.getByText('The upload was interrupted after 5 bytes.')).toBeVisible();
  await page.getByLabel('Drop the same file').setInputFiles(FILE);
  const faults = page.getByRole('table', { name: 'Errors' });
  await expect(faults.locator('tbody tr')).toHaveText(/3.*name.*must not be empty/);
  expect(it.file).toBe(FILE.buffer.toString());
});

test('a file that fails goes on with its good rows, or is read in another way', async ({ page }) => {
  const it = await importer(page, {
    state: 'failed',
    dry_run: true,
    inserted: 1,
    rejected: 1,
    error: '1 rows were rejected, and max_errors is 0.',
  });
  await page.goto('/items?import');
  await page.getByLabel('Drop a CSV').setInputFiles(FILE);
  await page.getByLabel('What Titel is for').selectOption('name');
  await page.getByRole('button', { name: 'Check file' }).click();
  await expect(page.getByText('and the limit was 0.')).toBeVisible();
  await expect(page.getByText('Would be inserted')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: 'Import of things.csv' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Download as CSV' })).toHaveAttribute(
    'href',
    '/api/imports/7/errors?format=csv',
  );
  await page.getByRole('link', { name: 'Change how it is read' }).click();
  await expect(page.getByLabel('What Titel is for')).toHaveValue('name');
  await page.getByRole('button', { name: 'Check file' }).click();
  await page.getByRole('button', { name: 'Import the other 1 row' }).click();
  await expect.poll(() => new URLSearchParams(it.asked).get('max_errors')).toBe('1');
  expect(new URLSearchParams(it.asked).has('dry_run')).toBe(false);
});

test('a file that cannot be imported says so before it is sent', async ({ page }) => {
  await page.goto('/items?import');
  const file = page.getByLabel('Drop a CSV');
  const check = page.getByRole('button', { name: 'Check file' });
  await file.setInputFiles({ ...FILE, buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1, 2]) });
  await expect(page.getByText('This is no text, or text in another encoding.')).toBeVisible();
  await expect(check).toBeDisabled();

  await file.setInputFiles({ ...FILE, buffer: Buffer.from('Name;size\nGr\xf6\xdfe;1\n', 'latin1') });
  await expect(page.getByText('This file is not UTF-8.')).toBeVisible();
  await expect(page.getByLabel('What Name is for')).toHaveValue('name'); // however it is written
  await page.getByLabel('Encoding').selectOption('Windows (Western)');
  await expect(page.getByRole('cell', { name: 'Größe' })).toBeVisible();
  await expect(check).toBeEnabled();

  await page.getByLabel('What Name is for').selectOption('leave out');
  await expect(page.getByText('No column is mapped to name, which each row needs.')).toBeVisible();
  await page.getByLabel('What Name is for').selectOption('name');
  await page.getByLabel('What size is for').selectOption('name');
  await expect(page.getByText('The columns Name and size are both mapped to name.')).toBeVisible();
  await expect(check).toBeDisabled();
});

test('an import that works is shown on every page, and is found again', async ({ page, api }) => {
  test.setTimeout(90_000);
  await page.goto('/workers');
  await expect(page.locator('header').getByText('Live', { exact: true })).toBeVisible();
  const begun = await api.post('/api/imports?format=csv&dry_run=true', {
    headers: { 'content-type': 'text/csv' },
    data: 'name\nFound again\n',
  });
  const { id } = await begun.json();
  await page.getByRole('link', { name: /^Import / }).click({ timeout: 30_000 });
  await expect(page).toHaveURL(`/items?import=${id}`);
  await page.getByRole('link', { name: 'All imports' }).click();
  await expect(
    page.getByRole('table', { name: 'Imports' }).getByRole('link', { name: `Import ${id}` }),
  ).toBeVisible();
});

test('an import that there is not is said so', async ({ page }) => {
  await page.goto('/items?import=999999999');
  await expect(page.getByRole('heading', { level: 1, name: 'No such import' })).toBeVisible();
});

test('an export keeps the filters', async ({ page }) => {
  await page.goto('/items?q=lamp&status=active&sort=name');
  await expect(page.getByRole('link', { name: 'Export CSV' })).toHaveAttribute(
    'href',
    '/api/items/export?format=csv&q=lamp&status=active',
  );
});

test('rows of a file become items, and change when it is imported again', async ({ page, api }) => {
  test.setTimeout(120_000); // three imports, each of which waits for the worker
  const file = (colour: string) => ({
    name: 'chairs.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      `external_id,Titel,colour\nchair-1,"Chair, imported, one",${colour}\nchair-2,"Chair, imported, two",red\n`,
    ),
  });
  const result = page.getByRole('region', { name: 'Result' });
  const ends = (words: string) => expect(result.getByRole('status')).toHaveText(words, { timeout: 30_000 });
  const counts = async (...expected: string[]) => expect(result.locator('dd')).toHaveText(expected); // read, inserted, updated, unchanged, rejected
  const stored = async () =>
    (await (await api.get('/api/items?q=chair%2C+imported&sort=name')).json()) as Record<string, unknown>[];

  await page.goto('/items?import');
  await page.getByLabel('Drop a CSV').setInputFiles(file('blue'));
  await page.getByLabel('What Titel is for').selectOption('name');
  await page.getByRole('button', { name: 'Check file' }).click();
  await ends('The file was checked. Nothing was imported.');
  await counts('2', '2', '0', '0', '0');
  expect(await stored()).toEqual([]);

  await page.getByRole('button', { name: 'Import it now' }).click();
  await ends('The import has completed.');
  await counts('2', '2', '0', '0', '0');
  expect(await stored()).toMatchObject([
    { name: 'Chair, imported, one', external_id: 'chair-1', attributes: { colour: 'blue' } },
    { name: 'Chair, imported, two', external_id: 'chair-2', attributes: { colour: 'red' } },
  ]);

  await page.getByRole('link', { name: 'All imports' }).click();
  await expect(
    page.getByRole('table', { name: 'Imports' }).getByRole('link', { name: 'chairs.csv' }),
  ).toHaveCount(2);
  await page.getByLabel('Drop a CSV').setInputFiles(file('green'));
  await page.getByLabel('What Titel is for').selectOption('name');
  await page.getByLabel('If external_id already exists').selectOption('update that item');
  await page.getByLabel('Check only').uncheck();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await ends('The import has completed.');
  await counts('2', '0', '1', '1', '0');
  expect(await stored()).toMatchObject([
    { attributes: { colour: 'green' } },
    { attributes: { colour: 'red' } },
  ]);
});
