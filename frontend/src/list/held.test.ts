import { expect, test } from 'vitest';
import { merged } from './held';

const row = (id: number, name = '') => ({ id, name });

test('rows that are not held are those of the API', () => {
  expect(merged(null, [row(2), row(1)])).toEqual({ rows: [row(2), row(1)], waiting: 0 });
});

test('held rows keep their places, show their changes, and count what came and went', () => {
  const held = [row(3), row(2), row(1)];
  const now = [row(4), row(3, 'changed'), row(1)];
  expect(merged(held, now)).toEqual({ rows: [row(3, 'changed'), row(2), row(1)], waiting: 2 });
});
