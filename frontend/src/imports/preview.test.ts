import { describe, expect, it } from 'vitest';
import { columnsOf, guess, guessed, inUtf8, parseCsv, previewOf, wrongIn } from './preview';

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
      trouble: null,
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

it('tells bytes that are no text, and text that is not UTF-8', async () => {
  const png = new Uint8Array([
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52,
  ]);
  expect((await previewOf(new File([png], 'a.csv'))).trouble).toBe('binary');
  const windows = new File([new Uint8Array([...Buffer.from('name\nGr\xf6\xdfe\n', 'latin1')])], 'a.csv');
  expect((await previewOf(windows)).trouble).toBe('encoding');
  const turned = await inUtf8(windows, 'windows-1252');
  expect(await previewOf(turned)).toMatchObject({ trouble: null, rows: [['Größe']] });
});

it('guesses what columns are for', () => {
  const own = ['name', 'external_id'];
  expect(guessed(own, 'name', ['Name', 'External ID', 'x'])).toEqual({
    Name: 'name',
    'External ID': 'external_id',
  });
  expect(guessed(own, 'name', ['Title', 'x'])).toEqual({ Title: 'name' });
  expect(guessed(own, 'name', ['Title', 'name', 'Name'])).toEqual({});
});

it('says what a mapping lacks', () => {
  expect(wrongIn(['name', 'note'], ['name'], ['name', 'x'], {})).toEqual([]);
  expect(wrongIn(['name', 'note'], ['name'], ['x'], {})).toEqual([
    'No column is mapped to name, which each row needs.',
  ]);
  expect(wrongIn(['name', 'note'], ['name'], ['name', 'x', 'y'], { x: 'name', y: '' })).toEqual([
    'The columns name and x are both mapped to name.',
  ]);
});

it('tells the API only what is not as usual', () => {
  expect(columnsOf(['name', 'note'], ['name', 'Size'], {})).toBe('');
  expect(columnsOf(['name', 'note'], ['name', 'Size'], { Size: 'attributes.Size' })).toBe('');
  expect(
    columnsOf(['name', 'note'], ['name', 'Titel', 'x'], { name: 'attributes.name', Titel: 'name', x: '' }),
  ).toBe('{"name":"attributes.name","Titel":"name","x":""}');
});
