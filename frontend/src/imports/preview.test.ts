import { describe, expect, it } from 'vitest';
import { columnsOf, guess, parseCsv, previewOf } from './preview';

describe('parseCsv', () => {
  it('reads quotes, delimiters and line ends in cells', () => {
    expect(parseCsv('a,b\r\n"x ""y"", z","1\n2"\r\n', ',', 9)).toEqual([
      ['a', 'b'],
      ['x "y", z', '1\n2'],
    ]);
  });
  it('reads no more rows than it is asked for, and leaves empty lines out', () => {
    expect(parseCsv('a\n\nb\nc\n', ',', 2)).toEqual([['a'], ['b']]);
    expect(parseCsv('a;"b', ';', 2)).toEqual([['a', 'b']]);
    expect(parseCsv('', ',', 2)).toEqual([]);
  });
});

it('guesses the delimiter by the first line', () => {
  expect(guess('a;b;c,d')).toBe('semicolon');
  expect(guess('a\tb')).toBe('tab');
  expect(guess('name')).toBe('comma');
});

describe('previewOf', () => {
  it('reads CSV behind a byte order mark', async () => {
    const preview = await previewOf(new File(['\uFEFFname|Size\nx|1\n'], 'a.csv'));
    expect(preview).toEqual({
      format: 'csv',
      delimiter: 'pipe',
      heads: ['name', 'Size'],
      rows: [['x', '1']],
    });
    expect((await previewOf(new File(['a|b,c\n'], 'a.csv'), 'comma')).heads).toEqual(['a|b', 'c']);
  });
  it('reads NDJSON, and leaves out a line that is cut off', async () => {
    const preview = await previewOf(new File(['{"name":"x"}\n{"name":"y","n":[1]}\n{"na'], 'a.ndjson'));
    expect(preview).toMatchObject({
      format: 'ndjson',
      heads: ['name', 'n'],
      rows: [
        ['x', ''],
        ['y', '[1]'],
      ],
    });
  });
});

it('tells the API only what is not as usual', () => {
  expect(columnsOf(['name', 'note'], ['name', 'Size'], {})).toBe('');
  expect(columnsOf(['name', 'note'], ['name', 'Size'], { Size: 'attributes.Size' })).toBe('');
  expect(
    columnsOf(['name', 'note'], ['name', 'Titel', 'x'], { name: 'attributes.name', Titel: 'name', x: '' }),
  ).toBe('{"name":"attributes.name","Titel":"name","x":""}');
});
