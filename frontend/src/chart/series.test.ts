import { expect, it } from 'vitest';
import { axisEnd } from './axis';
import { described, type Series, total } from './series';

const SERIES: Series<'made' | 'sold'>[] = [
  { key: 'made', name: 'Made', colour: 'accent', look: 'solid' },
  { key: 'sold', name: 'Sold', colour: 'bad', look: 'outline' },
];
const day = (made: number, sold: number) => ({ day: '2030-01-31', made, sold, kept: 99 });

it('says in one sentence what the chart shows', () => {
  expect(described('Things per day', SERIES, [day(1, 0), day(3, 2)])).toBe(
    'Things per day, last 2 days: 4 made, 2 sold. The table has the figures of each day.',
  );
});

it('sums only what it draws', () => {
  expect(total(SERIES, [day(1, 2), day(0, 1)])).toBe(4);
  expect(total(SERIES, [])).toBe(0);
});

it('leaves room above the highest point', () => {
  expect([0, 1, 4, 100].map(axisEnd)).toEqual([4, 4, 5, 111]);
});
