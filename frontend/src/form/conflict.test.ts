import { describe, expect, it } from 'vitest';
import { type Difference, differences, resolve, type Side } from './conflict';
import { json, moment, text } from './fields';
import type { Values } from './values';

const fields = [
  text('name', 'Name', { max: 20 }),
  text('note', 'Note', { max: 20 }),
  moment('due', 'Due'),
  json('extra', 'Extras', { member: 'Extra' }),
];
const base: Values = {
  name: 'Lamp',
  note: '',
  due: null,
  extra: { colour: 'red', size: { h: 1 }, old: true },
};

function change(values: Values): Values {
  return { ...base, ...values };
}
const found = (mine: Values, theirs: Values) => differences(fields, base, mine, theirs);
const settled = (parts: Difference[], theirs: Values, choice: [string, Side][]) =>
  resolve(fields, parts, theirs, new Map(choice));

describe('differences', () => {
  it('tells who changed what', () => {
    const mine = change({ name: 'My lamp', extra: { colour: 'blue', size: { h: 1 }, old: true } });
    const theirs = change({ name: 'Their lamp', note: 'Bright' });
    expect(found(mine, theirs)).toEqual([
      { key: 'name', label: 'Name', by: 'both', mine: 'My lamp', theirs: 'Their lamp' },
      { key: 'note', label: 'Note', by: 'theirs', mine: '', theirs: 'Bright' },
      { key: 'extra/colour', label: 'Extra “colour”', by: 'mine', mine: 'blue', theirs: 'red' },
    ]);
  });

  it('leaves out what both did alike, and a row that no other person has changed', () => {
    expect(found(change({ name: 'x' }), change({ name: 'x' }))).toEqual([]);
    expect(found(change({ note: 'x' }), base).map((d) => d.by)).toEqual(['mine']);
  });

  it('counts a removed member as changed', () => {
    const mine = change({ extra: { colour: 'red', size: { h: 1 } } });
    const theirs = change({ extra: { colour: 'red', size: { h: 1 }, old: false } });
    expect(found(mine, theirs)).toMatchObject([
      { key: 'extra/old', by: 'both', mine: undefined, theirs: false },
    ]);
  });
});

describe('resolve', () => {
  const mine = change({
    name: 'Mine',
    due: '2026-01-01T00:00:00Z',
    extra: { colour: 'blue', size: { h: 1 } },
  });
  const theirs = change({
    name: 'Theirs',
    note: 'Bright',
    extra: { colour: 'green', size: { h: 1 }, old: true, more: 1 },
  });
  const parts = found(mine, theirs);

  it('takes what is chosen, and always what only one has changed', () => {
    expect(settled(parts, theirs, [['name', 'mine']])).toEqual({
      name: 'Mine',
      note: 'Bright',
      due: '2026-01-01T00:00:00Z',
      extra: { colour: 'green', size: { h: 1 }, more: 1 },
    });
  });

  it('keeps theirs where nothing is chosen', () => {
    expect(settled(parts, theirs, []).name).toBe('Theirs');
  });
});
