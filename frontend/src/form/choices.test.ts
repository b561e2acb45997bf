import { expect, test } from 'vitest';
import { choice, flag, number } from './choices';

test('a number is read as it is written, and a fault tells what is wrong', () => {
  const count = number('count', 'Count', { whole: true });
  expect(count.read(' 12 ', null)).toEqual({ value: 12 });
  expect(count.read('', null)).toEqual({ value: null });
  expect(count.read('1.5', null)).toHaveProperty('fault');
  expect(count.read('9007199254740993', null)).toHaveProperty('fault');
  const weight = number('weight', 'Weight');
  expect(weight.read('-1.5', null)).toEqual({ value: -1.5 });
  expect(weight.read('1e400', null)).toHaveProperty('fault');
  expect(weight.typed(null)).toBe('');
  expect(weight.typed(-1.5)).toBe('-1.5');
});

test('a choice has its values alone, and begins with the first one', () => {
  const state = choice('state', 'State', [
    ['open', 'Open'],
    ['done', 'Done'],
  ]);
  expect(state.typed(null)).toBe('open');
  expect(state.read('done', null)).toEqual({ value: 'done' });
  expect(state.read('lost', null)).toHaveProperty('fault');
  expect(state.readable('done')).toBe('Done');
});

test('a flag is yes or no', () => {
  const urgent = flag('urgent', 'Urgent');
  expect(urgent.typed(null)).toBe('false');
  expect(urgent.read('true', null)).toEqual({ value: true });
  expect(urgent.shown(false)).toBe('No');
});
