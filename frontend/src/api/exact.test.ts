import { describe, expect, it } from 'vitest';
import { Exact, read, write } from './exact';

const LONG = '1'.repeat(400);

describe('read and write', () => {
  it.each([
    '9007199254740993',
    '-9007199254740993',
    '1e399',
    '-1E+399',
    '1e-400',
    '1.50',
    '-0',
    '0.1000000000000000055511151231257827',
    LONG,
    `0.${LONG}`,
  ])('keep %s wherever it is', (number) => {
    for (const text of [
      number,
      `[${number},5]`,
      `{"a":${number}}`,
      `{"a":[{"b":[[${number}],{"c":${number},"#":"#"}]}]}`,
    ]) {
      expect(write(read(text))).toBe(text);
    }
    expect(read(`[${number}]`)).toEqual([new Exact(number)]);
  });

  it.each([
    '{"a":[1,-2.5,1e+21,5e-324,0,true,false,null,"x"],"b":{},"c":[],"__proto__":{"d":1}}',
    '["#1","##1","\\u00231","9007199254740993",9007199254740993]',
    '{"#1e400":"1e400","1e400 \\" 1e400":1e400,"#":"#","\\\\":1e400,"2":1,"1":"\\\\\\""}',
    '{"a" : "#", "b"\n:\t"#1e400","c":"a: 1e400, b","d":1e400}',
    '9007199254740992',
  ])('read all else as JSON.parse does: %s', (text) => {
    const plain = JSON.stringify(JSON.parse(text.replaceAll(/(?<=[:[,])(1e400|9007199254740993)/g, '"N"')));
    const marked = write(read(text)).replaceAll(/(?<=[:[,])(1e400|9007199254740993)/g, '"N"');
    expect(marked).toBe(plain);
  });

  it.each([
    '',
    '{',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '[1-2]',
    '[--1]',
    '1e400-',
    '[1e400,]',
    '"',
    '"\\"',
    '1e400 1',
  ])('refuse what JSON.parse refuses: %s', (text) => {
    expect(() => read(text)).toThrow(SyntaxError);
  });

  it('lay out as JSON.stringify does', () => {
    const value = { a: [1, { b: 'x' }], c: {}, d: [], e: undefined, f: null };
    expect(write(value, '  ')).toBe(JSON.stringify(value, null, 2));
    expect(write(value)).toBe(JSON.stringify(value));
    expect(write(read('{"a":[1e400]}'), '  ')).toBe('{\n  "a": [\n    1e400\n  ]\n}');
  });
});

it('is not written by JSON.stringify, which would change it', () => {
  expect(() => JSON.stringify({ a: new Exact('1e400') })).toThrow(/1e400.*write/);
});
