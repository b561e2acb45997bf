import { expect, test } from 'vitest';
import { answered, keyOf } from './key';

test('a creation keeps its key until it is answered, and no other has it', () => {
  const first = keyOf('/api/things', { name: 'a' });
  expect(first).toMatch(/^"[\d-]{7,43}"$/);
  expect(keyOf('/api/things', { name: 'a' })).toBe(first);
  expect(keyOf('/api/others', { name: 'a' })).not.toBe(first);
  const changed = keyOf('/api/things', { name: 'b' });
  expect(changed).not.toBe(first);
  answered();
  expect(keyOf('/api/things', { name: 'b' })).not.toBe(changed);
});
