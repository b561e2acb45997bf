import { describe, expect, it } from 'vitest';
import { addressOf, changeView, DEFAULT, nextSort, parseId, parseView, queryOf } from './view';

describe('the address of a view', () => {
  it('is short for the default', () => {
    expect(addressOf(parseView(''))).toBe('/items');
  });

  it('survives being written and read', () => {
    const view = {
      q: 'a&b=ä %',
      status: 'expired',
      duplicateOf: 7,
      sort: 'name',
      limit: 100,
      cursor: 'x+/=',
    } as const;
    const address = addressOf(view);
    expect(parseView(address.slice(address.indexOf('?')))).toEqual(view);
  });

  it('takes garbage as not said', () => {
    expect(parseView('?status=dead&sort=sideways&limit=1e9&duplicate_of=-3&x=%zz&q=')).toEqual(DEFAULT);
  });
});

describe('changeView', () => {
  it('begins anew unless told where', () => {
    const deep = { ...DEFAULT, cursor: 'here' };
    expect(changeView(deep, { q: 'x' }).cursor).toBe('');
    expect(changeView(deep, { cursor: 'there' }).cursor).toBe('there');
  });
});

it('asks the API for no more than was said', () => {
  expect(queryOf(DEFAULT)).toEqual({ sort: '-id', limit: 25 });
  expect(queryOf({ ...DEFAULT, q: 'x', duplicateOf: 3, cursor: 'c' })).toEqual({
    q: 'x',
    duplicate_of: 3,
    sort: '-id',
    limit: 25,
    cursor: 'c',
  });
});

it.each([
  ['7', 7],
  ['0', null],
  ['07', null],
  ['-1', null],
  ['1.5', null],
  ['abc', null],
  ['9007199254740993', null], // more than a number can hold
])('reads the id %s', (text, id) => {
  expect(parseId(text)).toBe(id);
});

it('turns a column round at the second click', () => {
  expect(nextSort('-id', 'name', 'name')).toBe('name');
  expect(nextSort('name', 'name', 'name')).toBe('-name');
  expect(nextSort('name', 'updated_at', '-updated_at')).toBe('-updated_at');
});
