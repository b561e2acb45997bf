import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { faultsOf } from './lock.mjs';

const integrity = `sha512-${'A'.repeat(86)}==`;
const faults = (locked: object) =>
  faultsOf({ packages: { '': {}, 'node_modules/a/node_modules/@b/c': locked } });

it('takes a package with a digest, from the registry', () => {
  expect(faults({ version: '1.0.0', integrity })).toEqual([]);
  expect(faults({ integrity, resolved: 'https://registry.npmjs.org/@b/c/-/c-1.0.0.tgz' })).toEqual([]);
});

it.each([
  [{ version: '1.0.0' }, /^@b\/c 1\.0\.0 has no digest/],
  [{ version: '1.0.0', integrity: 'sha1-vFdgy6rKLcCYv2rHfJIpIWr+q6c=' }, /has no digest/],
  [{ integrity: `${integrity} sha1-x` }, /has no digest/],
  [{ integrity, resolved: 'http://127.0.0.1:4873/c.tgz' }, /comes from http:\/\/127\.0\.0\.1:4873/],
  [{ integrity, resolved: 'https://registry.npmjs.org.example.com/c.tgz' }, /comes from/],
  [{ integrity, resolved: 'git+ssh://git@github.com/b/c.git#1' }, /comes from git/],
  [{ link: true, resolved: '../c' }, /is a link/],
])('refuses %j', (locked, fault) => {
  expect(faults(locked)).toEqual([expect.stringMatching(fault)]);
});

it('holds package-lock.json to it', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8'));
  expect(faultsOf(lock)).toEqual([]);
  expect(faultsOf({})).toHaveLength(1);
});

it('runs no script of a package', () => {
  expect(readFileSync(join(import.meta.dirname, '../.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
});
