import { describe, expect, it } from 'vitest';
import { Exact, write } from '../api/exact';
import { formatted, placeOf, readObject } from './json.later';
import { lineAndColumn } from './place';

/** The first fault as a person sees it: its subject and its place. */
function faultOf(text: string, before: Record<string, unknown> | null = null) {
  const read = readObject(text, before);
  if (!Array.isArray(read)) return null;
  const [first] = read;
  if (!first) throw new Error('a list of faults has none');
  return {
    ...lineAndColumn(text, first.offset),
    at: text.slice(first.offset, first.offset + first.length),
    ...first,
  };
}

describe('readObject', () => {
  it('reads an object, and nothing as none', () => {
    expect(readObject('{"a": [1.50, null], "b": {"c": 15e-1}}', null)).toEqual({
      a: [new Exact('1.50'), null],
      b: { c: new Exact('15e-1') },
    });
    expect(readObject(' \n', null)).toEqual({});
  });

  it.each([
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, '"b"', /comma is missing/],
    ['{\n  "a" 1\n}', 2, 7, '1', /colon is missing/],
    ['{"a": 1,}', 1, 9, '}', /name of a member/],
    ["{'a': 1}", 1, 2, "'a'", /double quotes/],
    ['{"a": }', 1, 7, '}', /value is expected/],
    ['{"a": 1 // one\n}', 1, 9, '// one', /comments/],
    ['{"a": "x}', 1, 7, '"x}', /double quote is missing/],
    ['{"ä😀": tru}', 1, 8, 'tru', /invalid JSON/],
    ['[1]', 1, 1, '[1]', /object is expected/],
    ['{"a": 1} 2', 1, 10, '2', /ended before/],
    ['{"a": 1, "a": 2}', 1, 10, '"a"', /twice/],
  ])('finds what is wrong in %s', (text, line, column, at, message) => {
    expect(faultOf(text)).toMatchObject({ line, column, at });
    expect(faultOf(text)?.message).toMatch(message);
  });

  it('points at the end of a text that ended too early, not behind it', () => {
    expect(faultOf('{\n  "a": 1\n\n')).toMatchObject({ line: 2, column: 9 });
  });

  it.each(['12345678901234567890', '0.10000000000000000001', '1e399', '1e+21', '-0.5'])(
    'keeps %s',
    (number) => {
      for (const text of [`{"a":${number}}`, `{"a":[{"b":[${number},5]}]}`]) {
        expect(write(readObject(text, null))).toBe(text);
      }
    },
  );

  it('allows null where it can be said: in a new row, in arrays, and where it was', () => {
    expect(faultOf('{"a": null}')).toBeNull();
    expect(faultOf('{"a": [null], "b": null}', { b: null })).toBeNull();
    expect(faultOf('{"a": {"b": null}}', {})).toMatchObject({ at: 'null', column: 13 });
  });
});

describe('placeOf', () => {
  const text = '{"a": {"b/c": [10, {"d": 20}]}}';
  it.each([
    ['#/attributes', text],
    ['#/attributes/a/b~1c/0', '10'],
    ['#/attributes/a/b~1c/1/d', '20'],
    ['#/attributes/a/missing', '{"b/c": [10, {"d": 20}]}'],
  ])('finds %s', (pointer, part) => {
    const { offset, length } = placeOf(text, pointer);
    expect(text.slice(offset, offset + length)).toBe(part);
  });
});

it('lays out, and changes no value', () => {
  expect(formatted(' {"a":1.50,"b":[1]} ')).toBe('{\n  "a": 1.50,\n  "b": [\n    1\n  ]\n}');
  expect(formatted('{"a":')).toBe('{"a":');
});
