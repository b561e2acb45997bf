import { expect, it } from 'vitest';
import { tally } from './tally';

it('names each task once, in order, with how often it runs', () => {
  expect(tally(['stats.rollup', 'items.enrich', 'items.enrich'])).toEqual([
    ['items.enrich', 2],
    ['stats.rollup', 1],
  ]);
  expect(tally([])).toEqual([]);
});
