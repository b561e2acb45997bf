import { expect, it } from 'vitest';
import { target } from './strip';

it.each([
  ['ArrowLeft', 3, 2],
  ['ArrowRight', 3, 4],
  ['Home', 3, 0],
  ['End', 3, 9],
  ['ArrowLeft', 0, null],
  ['ArrowRight', 9, null],
  ['Enter', 3, null],
] as const)('%s leads from run %i of ten to %s', (key, from, to) => {
  expect(target(key, from, 10)).toBe(to);
});

it('leads nowhere in an empty strip', () => {
  expect(target('Home', -1, 0)).toBeNull();
  expect(target('End', -1, 0)).toBeNull();
});
