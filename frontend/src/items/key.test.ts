import { expect, test } from 'vitest';
import { answered, keyOf } from './key';

test('a creation keeps its key until it is answered, and no other has it', () => {
  const first = keyOf({ name: 'a' });
  expect(first).toMatch(/^"[\d-]{7,43}"$/);
  expect(keyOf({ name: 'a' })).toBe(first);
  const changed = keyOf({ name: 'b' });
  expect(changed).not.toBe(first);
  answered();
  expect(keyOf({ name: 'b' })).not.toBe(changed);
});
