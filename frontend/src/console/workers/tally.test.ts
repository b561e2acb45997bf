import { expect, it } from 'vitest';
import { tally } from './tally';

it('names each task once, in order, with how often it runs', () => {
  expect(tally(['stats.rollup', 'parts.enrich', 'parts.enrich'])).toEqual([
    ['parts.enrich', 2],
    ['stats.rollup', 1],
  ]);
  expect(tally([])).toEqual([]);
});
