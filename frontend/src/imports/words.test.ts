import { expect, test } from 'vitest';
import { bytes, left } from './words';

test.each([
  [812, '812 bytes'],
  [6_566, '6.6 kB'],
  [6_566_712, '6.6 MB'],
  [56_000_000, '56 MB'],
  [999_900, '1.0 MB'],
])('%d bytes are %s', (size, text) => expect(bytes(size)).toBe(text));

test.each([
  [360, 'less than a second'],
  [56_040, 'about 56 s'],
  [125_000, 'about 2 min 5 s'],
])('%d ms are %s', (ms, text) => expect(left(ms)).toBe(text));
