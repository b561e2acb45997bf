import { describe, expect, it } from 'vitest';
import { differences, type Fields, resolve } from './conflict';

const base: Fields = {
  name: 'Lamp',
  description: '',
  expires_at: null,
  attributes: { colour: 'red', size: { h: 1 }, old: true },
};

function change(fields: Partial<Fields>): Fields {
  return { ...base, ...fields };
}

describe('differences', () => {
  it('tells who changed what', () => {
    const mine = change({ name: 'My lamp', attributes: { colour: 'blue', size: { h: 1 }, old: true } });
    const theirs = change({ name: 'Their lamp', description: 'Bright' });
    expect(differences(base, mine, theirs)).toEqual([
      { key: 'name', label: 'Name', by: 'both', mine: 'My lamp', theirs: 'Their lamp' },
      { key: 'description', label: 'Description', by: 'theirs', mine: '', theirs: 'Bright' },
      { key: 'attributes/colour', label: 'Attribute “colour”', by: 'mine', mine: 'blue', theirs: 'red' },
    ]);
  });

  it('leaves out what both did alike, and an item that only the worker has touched', () => {
    expect(differences(base, change({ name: 'x' }), change({ name: 'x' }))).toEqual([]);
    expect(differences(base, change({ description: 'x' }), base).map((d) => d.by)).toEqual(['mine']);
  });

  it('counts a removed member as changed', () => {
    const mine = change({ attributes: { colour: 'red', size: { h: 1 } } });
    const theirs = change({ attributes: { colour: 'red', size: { h: 1 }, old: false } });
    expect(differences(base, mine, theirs)).toMatchObject([
      { key: 'attributes/old', by: 'both', mine: undefined, theirs: false },
    ]);
  });
});

describe('resolve', () => {
  const mine = change({
    name: 'Mine',
    expires_at: '2026-01-01T00:00:00Z',
    attributes: { colour: 'blue', size: { h: 1 } },
  });
  const theirs = change({
    name: 'Theirs',
    description: 'Bright',
    attributes: { ...base.attributes, colour: 'green', more: 1 },
  });
  const found = differences(base, mine, theirs);

  it('takes what is chosen, and always what only one has changed', () => {
    expect(resolve(found, theirs, new Map([['name', 'mine']]))).toEqual({
      name: 'Mine',
      description: 'Bright',
      expires_at: '2026-01-01T00:00:00Z',
      attributes: { colour: 'green', size: { h: 1 }, more: 1 },
    });
  });

  it('keeps theirs where nothing is chosen', () => {
    expect(resolve(found, theirs, new Map()).name).toBe('Theirs');
  });
});
