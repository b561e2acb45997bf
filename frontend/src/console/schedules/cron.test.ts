import { expect, it } from 'vitest';
import { cronFault, cronWords } from './cron';

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

it.each([
  ['61 * * * *', 'The minute cannot be “61”: it is from 0 to 59.'],
  ['0 24 * * *', 'The hour cannot be “24”: it is from 0 to 23.'],
  ['0 0 0 * *', 'The day of month cannot be “0”: it is from 1 to 31.'],
  ['0 0 1-40 * *', 'The day of month cannot be “1-40”: it is from 1 to 31.'],
  ['0 0 * FOO *', 'The month cannot be “FOO”: it is from 1 to 12.'],
  ['60 0 0 * * *', 'The second cannot be “60”: it is from 0 to 59.'],
  ['0 0 *', 'Five fields are needed, or six with the second first; there are 3.'],
  ['', 'Five fields are needed, or six with the second first; there are none.'],
])('tells what is wrong with "%s"', (cron, fault) => {
  expect(cronFault(cron)).toBe(fault);
});

it.each(['* * * * *', '*/5 * * * *', '0,30 8-18/2 ? JAN-MAR mon-fri', '0 17 3 1,15 * 0'])(
  'finds no fault in %s',
  (cron) => {
    expect(cronFault(cron)).toBeNull();
  },
);
