import { expect, it } from 'vitest';
import { cronWords } from './cron';

it.each([
  ['* * * * *', 'every minute'],
  ['*/5 * * * *', 'every 5 minutes'],
  ['*/1 * * * *', 'every minute'],
  ['0 * * * *', 'every hour, on the hour'],
  ['07 * * * *', 'every hour at minute 7'],
  ['0 */6 * * *', 'every 6 hours'],
  ['17 3 * * *', 'every day at 03:17'],
  ['30 8 * * 1-5', 'Monday to Friday at 08:30'],
  ['30 8 * * 0', 'every Sunday at 08:30'],
  ['0 0 1 * *', 'on day 1 of each month at 00:00'],
  ['* * * * * *', 'every second'],
  ['*/10 * * * * *', 'every 10 seconds'],
  ['0 17 3 * * *', 'every day at 03:17'],
])('reads %s as "%s"', (cron, words) => {
  expect(cronWords(cron)).toBe(words);
});

it.each([
  '',
  'x y',
  '61 * * * *',
  '*/7 * * * *',
  '0 */5 * * *',
  '0 0 13 * 5',
  '0 0 1 1 *',
  '5 17 3 * * *',
  '0 24 * * *',
])('says nothing of %s rather than something wrong', (cron) => {
  expect(cronWords(cron)).toBeNull();
});
