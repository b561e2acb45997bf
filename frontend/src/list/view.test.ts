import { describe, expect, it } from 'vitest';
import {
  addressOf,
  changeView,
  filtersWith,
  firstView,
  type Listed,
  nextSort,
  parseId,
  parseView,
  queryOf,
} from './view';

const things: Listed = {
  name: 'things',
  columns: [
    { key: 'id', text: 'ID', sort: '-id' },
    { key: 'version', text: 'Version' },
  ],
  sorts: ['created_at'],
  search: 'In names',
  filters: [
    { param: 'state', label: 'State', options: [['open', 'Open']], reason: (state) => `is ${state}` },
    { param: 'code', label: 'Code', typed: 'text', reason: (code) => `has the code ${code}` },
    { param: 'since', label: 'Since', typed: 'moment', reason: (at) => `is from after ${at}` },
    { param: 'part_of', chip: (id) => `Parts of ${id}`, reason: (id) => `is a part of ${id}` },
  ],
};
const first = firstView(things);

describe('the address of a view', () => {
  it('is short for the first view', () => {
    expect(addressOf(things, parseView(things, ''))).toBe('/things');
  });

  it('survives being written and read', () => {
    const view = {
      q: 'a&b=ä %',
      filters: { state: 'open', code: 'a b', since: '2026-11-23T14:30:00.000Z', part_of: '7' },
      sort: '-created_at',
      limit: 100,
      cursor: 'x+/=',
    };
    const address = addressOf(things, view);
    expect(parseView(things, address.slice(address.indexOf('?')))).toEqual(view);
  });

  it('takes garbage as not said', () => {
    const garbage = '?state=dead&sort=version&limit=1e9&part_of=-3&since=soon&code=&x=%zz&q=';
    expect(parseView(things, garbage)).toEqual(first);
  });

  it('has no search where the list has none', () => {
    const { search: _, ...silent } = things;
    expect(parseView(silent, '?q=x').q).toBe('');
  });
});

describe('changeView', () => {
  it('begins anew unless told where', () => {
    const deep = { ...first, cursor: 'here' };
    expect(changeView(deep, { q: 'x' }).cursor).toBe('');
    expect(changeView(deep, { cursor: 'there' }).cursor).toBe('there');
  });

  it('sets a filter, and takes it away', () => {
    const open = { ...first, filters: filtersWith(first, 'state', 'open') };
    expect(open.filters).toEqual({ state: 'open' });
    expect(filtersWith(open, 'state', '')).toEqual({});
  });
});

it('asks the API for no more than was said', () => {
  expect(queryOf(first)).toEqual({ sort: '-id', limit: 25 });
  expect(queryOf({ ...first, q: 'x', filters: { part_of: '3' }, cursor: 'c' })).toEqual({
    q: 'x',
    part_of: '3',
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
  expect(nextSort('-id', 'name')).toBe('name');
  expect(nextSort('name', 'name')).toBe('-name');
  expect(nextSort('name', '-updated_at')).toBe('-updated_at');
});
