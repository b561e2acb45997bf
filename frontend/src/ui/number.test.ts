import { expect, test } from 'vitest';
import { count, number } from './number';

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [-1_234, '-1,234'],
  [1_234_567, '1,234,567'],
])('%d is written %s', (n, text) => {
  expect(number(n)).toBe(text);
});

test('one thing is no plural', () => {
  expect([count(1, 'row'), count(0, 'row'), count(1_200, 'row')]).toEqual(['1 row', '0 rows', '1,200 rows']);
});
