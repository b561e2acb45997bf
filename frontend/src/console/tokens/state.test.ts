import { expect, test } from 'vitest';
import { stateOf } from './state';

const now = Date.parse('2030-01-31T12:00:00Z');
const [past, future] = ['2030-01-30T12:00:00Z', '2030-02-01T12:00:00Z'];

test.each([
  [null, null, 'valid, does not expire', null],
  [null, future, 'valid, expires', future],
  [null, past, 'expired', past],
  [past, future, 'revoked', past],
])('a token revoked at %s that expires at %s is %s', (revoked_at, expires_at, word, at) => {
  expect(stateOf({ revoked_at, expires_at }, now)).toMatchObject({ word, at });
});
