import { expect, test } from 'vitest';
import { Unreachable } from '../api/problem';
import { forEach } from './bulk.later';

const never = new AbortController().signal;

test('at most four are at work at a time, and each is done once', async () => {
  let busy = 0;
  let most = 0;
  const told: number[] = [];
  const act = async () => {
    most = Math.max(most, ++busy);
    await Promise.resolve();
    busy--;
  };
  const all = Array.from({ length: 20 }, (_, i) => i);
  const { well, failed } = await forEach(all, act, (n) => told.push(n), never);
  expect(most).toBe(4);
  expect([...well].sort((a, b) => a - b)).toEqual(all);
  expect(failed).toEqual([]);
  expect(told.at(-1)).toBe(20);
});

test('a failure does not end the rest', async () => {
  const error = new Error('no');
  const act = (n: number) => (n === 2 ? Promise.reject(error) : Promise.resolve());
  const { well, failed } = await forEach([1, 2, 3], act, () => {}, never);
  expect(well).toEqual([1, 3]);
  expect(failed).toEqual([{ one: 2, error }]);
});

test('it ends when the API does not answer, and when it is told to', async () => {
  const all = Array.from({ length: 50 }, (_, i) => i);
  const down = await forEach(
    all,
    () => Promise.reject(new Unreachable('network')),
    () => {},
    never,
  );
  expect(down.failed).toHaveLength(4);
  const over = new AbortController();
  const act = (n: number) => {
    if (n === 5) over.abort();
    return Promise.resolve();
  };
  expect((await forEach(all, act, () => {}, over.signal)).well.length).toBeLessThan(12);
});
