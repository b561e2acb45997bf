import { expect, it } from 'vitest';
import type { DayStats } from '../api/client';
import { axisEnd } from './axis';
import { described, total } from './series';

const day = (created: number, expired: number, deleted: number): DayStats => ({
  day: '2030-01-31',
  created,
  expired,
  deleted,
  updated: 99,
  restored: 99,
});

it('says in one sentence what the chart shows', () => {
  expect(described([day(1, 0, 2), day(3, 0, 0)])).toBe(
    'Items per day, last 2 days: 4 created, 0 expired, 2 deleted. The table has the figures of each day.',
  );
});

it('sums only what it draws', () => {
  expect(total([day(1, 2, 3), day(0, 0, 1)])).toBe(7);
  expect(total([])).toBe(0);
});

it('leaves room above the highest point', () => {
  expect([0, 1, 4, 100].map(axisEnd)).toEqual([4, 4, 5, 111]);
});
