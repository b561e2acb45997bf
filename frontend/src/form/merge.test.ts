import { describe, expect, it } from 'vitest';
import { Exact, read, write } from '../api/exact';
import { isObject, type Json, mergePatch, newNulls, same } from './merge';

/** RFC 7396, section 2, as the API applies it. */
function apply(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, apply(result.get(name), value));
  }
  return Object.fromEntries(result);
}

const cases: [name: string, before: Json, after: Json, patch: Json][] = [
  ['nothing', { a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, {}],
  ['a value', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
  ['a member less', { a: 1, b: 2 }, { a: 1 }, { b: null }],
  ['a member more', {}, { a: {} }, { a: {} }],
  ['deep down', { a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 1, d: 3 } } }, { a: { b: { d: 3 } } }],
  ['the last member deep down', { a: { b: 1 } }, { a: {} }, { a: { b: null } }],
  ['an array, as a whole', { a: [1, 2] }, { a: [1, null] }, { a: [1, null] }],
  ['an object for a value', { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
  ['an array for an object', { a: { b: 1 } }, { a: [] }, { a: [] }],
  ['a null that stays', { a: null, b: 1 }, { a: null, b: 2 }, { b: 2 }],
  ['a null that goes', { a: null }, {}, { a: null }],
  ['false and zero', { a: 0, b: '' }, { a: false, b: 0 }, { a: false, b: 0 }],
];

describe('mergePatch', () => {
  it.each(cases)('says no more than what changed: %s', (_, before, after, patch) => {
    expect(mergePatch(before, after)).toEqual(patch);
  });

  it.each(cases)('makes the one of the other: %s', (_, before, after) => {
    expect(apply(before, mergePatch(before, after))).toEqual(after);
  });

  it('sends the numbers beside a change as they were', () => {
    const before = read('{"ids":[9007199254740993,5],"big":1e399,"deep":{"n":1.50,"m":1}}') as Json;
    const after = read('{"ids":[9007199254740993,6],"big":1e399,"deep":{"n":1.50,"m":2}}') as Json;
    expect(write(mergePatch(before, after))).toBe('{"ids":[9007199254740993,6],"deep":{"m":2}}');
  });

  it('takes __proto__ for a name', () => {
    const after: Json = JSON.parse('{"__proto__":{"a":1}}');
    expect(JSON.stringify(mergePatch({}, after))).toBe('{"__proto__":{"a":1}}');
    expect(JSON.stringify(mergePatch(after, {}))).toBe('{"__proto__":null}');
  });
});

describe('newNulls', () => {
  it('finds what a patch cannot say, and leaves what was there', () => {
    expect(
      newNulls({ old: null, deep: { old: null } }, { old: null, deep: { old: null, fresh: null } }),
    ).toEqual([['deep', 'fresh']]);
    expect(newNulls({ a: 1 }, { a: null })).toEqual([['a']]);
    expect(newNulls({ a: 1 }, { a: { b: null } })).toEqual([['a', 'b']]);
  });

  it('does not mind arrays, which are sent as a whole', () => {
    expect(newNulls({}, { a: [null, { b: null }] })).toEqual([]);
  });
});

it('compares by value', () => {
  expect(same({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toBe(true);
  expect(same({ a: undefined }, { b: undefined })).toBe(false);
  expect(same([], {})).toBe(false);
  expect(same(null, {})).toBe(false);
  expect(same([new Exact('1e400')], [new Exact('1e400')])).toBe(true);
  expect(same(new Exact('9007199254740993'), 9007199254740992)).toBe(false);
  expect(same(new Exact('1e400'), { text: '1e400' })).toBe(false);
});
