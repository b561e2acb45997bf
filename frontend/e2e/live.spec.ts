import type { APIRequestContext, Page } from '@playwright/test';
import { expect, holdEvents, test } from './platform';
import { enriched } from './seed';

declare global {
  interface Window {
    show: (state: DocumentVisibilityState) => void; // as the browser does to pages in tabs
  }
}

const badge = (page: Page, word: string) =>
  page
    .locator('header')
    .getByRole('status')
    .filter({ hasText: new RegExp(`^${word}$`) });
const link = (page: Page, name: string) => page.getByRole('main').getByRole('link', { name, exact: true });

// For a busy machine. A page that is live asks by itself only after a minute.
const SOON = { timeout: 12_000 };

let count = 0;

/** Makes an item of a name that no other has. */
async function make(api: APIRequestContext): Promise<{ id: number; name: string; etag: string }> {
  const name = `Live ${test.info().workerIndex}-${++count}-${Date.now()}`;
  const answer = await api.post('/api/items', { data: { name } });
  expect(answer.status()).toBe(201);
  const { id } = (await answer.json()) as { id: number };
  return { id, name, etag: answer.headers().etag ?? '' };
}

/** The newest position in the stream of events, which its first event carries. */
async function position(origin: string): Promise<string> {
  const ended = new AbortController();
  const response = await fetch(`${origin}/api/events`, {
    signal: AbortSignal.any([ended.signal, AbortSignal.timeout(5_000)]),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    text += chunk.value;
    const id = /^id: ?(\S+)$/m.exec(text)?.[1];
    if (id && text.includes('\n\n')) {
      ended.abort();
      return id;
    }
  }
  throw new Error(`the stream began with no position: ${text}`);
}

/** Counts the requests for a path that a page makes. */
function requests(page: Page, path: string): string[] {
  const found: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === path) found.push(request.url());
  });
  return found;
}

test('what one person does, another sees', async ({ page, context, api }) => {
  const other = await context.newPage();
  await other.goto('/items');
  await expect(badge(other, 'Live')).toBeVisible();

  await page.goto('/items');
  await page.getByRole('button', { name: 'New item' }).click();
  const form = page.getByRole('dialog');
  const name = `Shared ${Date.now()}`;
  await form.getByRole('textbox', { name: /^Name/ }).fill(name);
  await form.getByRole('button', { name: /^(Create|Save)/ }).click();
  await expect(form).toBeHidden();
  await page.mouse.move(0, 0); // rows stay where they are while the pointer is over them
  await expect(link(other, name)).toBeVisible(SOON);

  const list = (await (await api.get('/api/items?sort=-id&limit=1')).json()) as { id: number }[];
  const id = list[0]?.id;
  const changed = await api.patch(`/api/items/${id}`, {
    data: { name: `${name}, changed` },
    headers: { 'Content-Type': 'application/merge-patch+json' },
  });
  expect(changed.status()).toBe(200);
  await expect(link(other, `${name}, changed`)).toBeVisible(SOON);
  await expect(link(page, `${name}, changed`)).toBeVisible(SOON);

  expect((await api.delete(`/api/items/${id}`)).status()).toBe(204);
  await expect(link(other, `${name}, changed`)).toHaveCount(0, SOON);
  await expect(link(page, `${name}, changed`)).toHaveCount(0, SOON);
});

test("an item's page follows the item", async ({ page, api }) => {
  const item = await make(api);
  await page.goto(`/items/${item.id}`);
  await expect(badge(page, 'Live')).toBeVisible();
  await api.patch(`/api/items/${item.id}`, {
    data: { description: 'Written elsewhere' },
    headers: { 'Content-Type': 'application/merge-patch+json' },
  });
  await expect(page.getByText('Written elsewhere')).toBeVisible(SOON);
});

test('events come by one stream, and nothing is asked for while nothing happens', async ({ page, api }) => {
  const item = await make(api);
  await enriched(api);
  const streams = requests(page, '/api/events');
  await page.goto(`/items/${item.id}`);
  await expect(badge(page, 'Live')).toBeVisible();
  await page.waitForTimeout(1_000); // the first event makes the page read once more
  const reads = requests(page, `/api/items/${item.id}`);
  await page.waitForTimeout(9_000); // two turns of polling, were it polling
  expect(reads).toHaveLength(0);
  await api.patch(`/api/items/${item.id}`, {
    data: { description: 'Now it happens' },
    headers: { 'Content-Type': 'application/merge-patch+json' },
  });
  await expect(page.getByText('Now it happens')).toBeVisible(SOON);
  expect(reads.length).toBeGreaterThan(0);
  expect(streams).toHaveLength(1);
  await expect(badge(page, 'Live')).toBeVisible();
});

test('a list that takes longer to read than events are apart is shown all the same', async ({
  page,
  api,
}) => {
  await page.goto('/items');
  await expect(badge(page, 'Live')).toBeVisible();
  await page.route('**/api/items?*', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await route.continue();
  });
  const made = new Set<string>();
  let shown = false;
  const flow = (async () => {
    while (!shown) {
      made.add((await make(api)).name);
      await page.waitForTimeout(100);
    }
  })();
  try {
    const names = page.locator('tbody th.name > a');
    await expect
      .poll(async () => (await names.allTextContents()).some((name) => made.has(name)), SOON)
      .toBe(true);
  } finally {
    shown = true;
    await flow;
  }
});

test('more pages than a browser has connections for: those behind hold no stream, and catch up', async ({
  page,
  context,
  api,
}) => {
  // In a browser without a window every page counts as seen, so the pages are told.
  await context.addInitScript(() => {
    let state: DocumentVisibilityState = 'visible';
    Object.defineProperty(document, 'visibilityState', { get: () => state });
    window.show = (next) => {
      state = next;
      document.dispatchEvent(new Event('visibilitychange'));
    };
  });
  const behind: Page[] = [];
  for (let n = 0; n < 7; n++) {
    const other = await context.newPage();
    await other.goto('/items');
    await expect(badge(other, 'Live')).toBeVisible(SOON);
    await other.evaluate(() => window.show('hidden'));
    behind.push(other);
  }
  await page.goto('/items');
  await expect(badge(page, 'Live')).toBeVisible(SOON);
  const { name } = await make(api);
  await expect(link(page, name)).toBeVisible(SOON);
  const [first] = behind;
  if (!first) throw new Error('no page is behind');
  await expect(link(first, name)).toHaveCount(0);
  await first.evaluate(() => window.show('visible'));
  await expect(link(first, name)).toBeVisible(SOON);
  const later = await make(api);
  await expect(link(first, later.name)).toBeVisible(SOON);
});

test('a stream that is refused: not live, and changes appear by asking', async ({ page, api }) => {
  await page.route('**/api/events', (route) => route.fulfill({ status: 404 }));
  await page.goto('/items');
  await expect(badge(page, 'Not live')).toBeVisible({ timeout: 20_000 });
  const { name } = await make(api);
  await expect(link(page, name)).toBeVisible(SOON);
});

test('a stream that is held back: not live, and changes appear by asking', async ({ page, api }) => {
  await holdEvents(page);
  await page.goto('/items');
  await expect(badge(page, 'Not live')).toBeVisible({ timeout: 20_000 });
  const { name } = await make(api);
  await expect(link(page, name)).toBeVisible(SOON);
});

test('a stream that breaks is resumed where it was', async ({ page, api, platform }) => {
  await make(api); // so that there is a position
  const id = await position(platform.url);
  const asked: (string | undefined)[] = [];
  await page.route('**/api/events', async (route) => {
    asked.push(route.request().headers()['last-event-id']);
    if (asked.length > 1) return route.continue();
    await route.fulfill({
      contentType: 'text/event-stream',
      body: `event: hello\nid: ${id}\ndata: {"live":true}\n\n`, // and ends
    });
  });
  await page.goto('/');
  await expect.poll(() => asked.length).toBe(1);
  const { name } = await make(api); // while there is no stream
  await expect.poll(() => asked[1], { timeout: 15_000 }).toBe(id);
  await expect(badge(page, 'Live')).toBeVisible();
  await expect(page.getByRole('main').getByText(name, { exact: false }).first()).toBeVisible();
});

test.describe('without a network', () => {
  test.use({ tolerated: /ERR_INTERNET_DISCONNECTED|Failed to load resource/ });

  test('the badge says so at once, and one message tells why', async ({ page, context, api }) => {
    const { id, name } = await make(api);
    await page.goto(`/items/${id}`);
    await expect(badge(page, 'Live')).toBeVisible();
    await expect(page.getByText('None: no newer item has this name.')).toBeVisible();
    await context.setOffline(true);
    await expect(badge(page, 'Not live')).toBeVisible();
    const banner = page.getByRole('status', { name: 'Health of the platform' });
    await expect(banner).toContainText('You are offline.');
    // Longer than the page waits before it asks for each of its parts again.
    const failed = page.waitForEvent('requestfailed', (request) => /duplicate_of/.test(request.url()));
    await failed;
    await expect(page.locator('.callout')).toHaveCount(0);
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    await context.setOffline(false);
    await expect(banner).toBeEmpty(SOON);
    await expect(badge(page, 'Live')).toBeVisible(SOON);
  });
});
