import { expect, test } from 'vitest';
import { dateTime, distance, duration, timeOfDay } from './time';

test("the time of day is the time zone's", () => {
  const at = new Date(2026, 10, 24, 9, 5, 7);
  expect(timeOfDay(at.getTime())).toBe('09:05:07');
  expect(dateTime(at.toISOString())).toContain('2026');
});

const from = Date.parse('2026-11-24T10:00:00Z');

test.each([
  [0, 'now'],
  [499, 'now'],
  [500, 'in 1 s'],
  [-499, 'now'],
  [-1_000, '1 s ago'],
  [40_000, 'in 40 s'],
  [59_499, 'in 59 s'],
  [59_500, 'in 1 min'],
  [-60_000, '1 min ago'],
  [-119_000, '1 min ago'],
  [-3_600_000, '1 h ago'],
  [86_400_000, 'in 1 d'],
  [30 * 86_400_000, 'in 1 mo'],
  [-365 * 86_400_000, '1 y ago'],
])('%d ms away is %s', (ms, words) => {
  expect(distance(from + ms, from)).toBe(words);
  expect(distance(new Date(from + ms).toISOString(), from)).toBe(words);
});

test.each([
  [0, '0 ms'],
  [12.4, '12 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [1_000, '1.0 s'],
  [3_449, '3.4 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min'],
  [310_000, '5 min 10 s'],
  [3_600_000, '60 min'],
])('%d ms long is %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});
