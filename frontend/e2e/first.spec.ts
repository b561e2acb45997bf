import { pages } from '../src/first/pages';
import { expect, holdEvents, test } from './platform';

for (const [path, { reads }] of Object.entries(pages)) {
  test(`what ${path} asks for first is asked for once, with the answer that it needs`, async ({
    page,
    api,
  }) => {
    const item = (await (await api.post('/api/items', { data: { name: 'First' } })).json()) as { id: number };
    const run = (await (await api.post('/api/schedules/runs.prune/runs')).json()) as { id: number };
    const id = String(path.startsWith('/runs') ? run.id : item.id);
    // No events and no turn of polling: nothing but the visit itself asks.
    await holdEvents(page);
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname.startsWith('/api/')) asked.push(pathname + search);
    });
    await page.goto(path.replace(':id', id));
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.waiting')).toHaveCount(0);
    for (const read of reads.map((one) => one.replace(':id', id))) {
      expect(
        asked.filter((one) => one === read),
        asked.join(', '),
      ).toHaveLength(1);
    }
  });
}
