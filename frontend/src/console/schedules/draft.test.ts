import { expect, it } from 'vitest';
import { type Draft, patchOf } from './draft';

const before: Draft = { cron: '* * * * *', time_zone: 'UTC', missed_policy: 'once', overlap_policy: 'skip' };

it('asks only for what differs', () => {
  expect(patchOf(before, { ...before, cron: '*/5 * * * *' })).toEqual({ cron: '*/5 * * * *' });
  expect(patchOf(before, { ...before })).toEqual({});
});

it('sends null for the declared value, and an empty text as it is', () => {
  expect(patchOf(before, { ...before, cron: null, overlap_policy: null })).toEqual({
    cron: null,
    overlap_policy: null,
  });
  expect(patchOf(before, { ...before, time_zone: '' })).toEqual({ time_zone: '' });
});
