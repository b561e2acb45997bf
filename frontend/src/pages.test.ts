import { afterEach, expect, test, vi } from 'vitest';
import type { Part } from './part';

afterEach(() => {
  vi.doUnmock('./product');
  vi.resetModules();
});

const things: Part = { name: 'things', noun: 'thing', title: 'Things', entity: () => Promise.reject() };

test.each([
  ['no product', [], ['Overview', 'Schedules', 'Runs', 'Workers']],
  ['an entity', [things], ['Overview', 'Things', 'Schedules', 'Runs', 'Workers']],
])(
  'with %s, each page has its first visit, and events make stale what they are about',
  async (_, product, titles) => {
    vi.doMock('./product', () => ({ product }));
    const { places } = await import('./pages');
    const { pages } = await import('./first/pages');
    const { subjects } = await import('./subjects');
    expect(places.flatMap(({ title }) => title ?? [])).toEqual(titles);
    expect(Object.keys(pages)).toEqual(places.map(({ path }) => path));
    expect(subjects.things).toEqual(product.length > 0 ? ['things'] : undefined);
  },
);
