import { describe, expect, it } from 'vitest';
import { ApiProblem } from '../api/problem';
import type { Entity } from '../list/entity';
import { draftOf, faultsOf, readDraft, takenBy } from './draft';
import { area, json, moment, text } from './fields';
import { creation, valuesOf } from './values';

const things: Entity = {
  name: 'things',
  noun: 'idea',
  title: 'Ideas',
  lead: '',
  about: '',
  named: 'id',
  columns: [],
  fields: [
    text('name', 'Name', { required: true, max: 5 }),
    text('code', 'Code', { max: 9, optional: true, unique: true }),
    area('note', 'Note', { max: 20 }),
    moment('due', 'Due'),
    json('extra', 'Extras', { member: 'Extra' }),
  ],
};
const row = {
  id: 7,
  version: 1,
  created_at: '',
  updated_at: '',
  name: 'a',
  code: null,
  note: '',
  due: '2026-10-25T01:30:12.345678Z',
  extra: { n: 1, none: null },
};
const draft = draftOf(things.fields, valuesOf(things.fields, row));
const problem = (status: number, detail: string, errors: { pointer: string; detail: string }[] = []) =>
  new ApiProblem({ type: '', title: '', status, detail, instance: '', errors });

describe('readDraft', () => {
  it('leaves what was not typed in as it was read', async () => {
    const { values, faults } = await readDraft(things, draft, row);
    expect(values).toEqual(valuesOf(things.fields, row));
    expect(faults.at).toEqual({});
  });

  it('reads what was typed, and no text as no value', async () => {
    const typed = { name: 'b', code: '', note: ' x', due: '', extra: '{"n": 2}' };
    const { values } = await readDraft(things, typed, row);
    expect(values).toEqual({ name: 'b', code: null, note: ' x', due: null, extra: { n: 2 } });
  });

  it('tells every fault at its field', async () => {
    const { faults } = await readDraft(
      things,
      { name: ' ', note: 'n'.repeat(21), due: 'x', extra: '[' },
      null,
    );
    expect(faults.at).toMatchObject({
      name: 'An idea needs a name.',
      note: 'This is 1 character too long: 20 fit.',
      due: 'This is not a date and time. Choose one, or “None”.',
      extra: [{ offset: 1 }],
    });
    expect(Object.keys(faults.at)).not.toContain('code');
  });
});

it('counts characters as the API does, by code points', async () => {
  const { faults } = await readDraft(things, { name: '😀'.repeat(6) }, null);
  expect(faults.at.name).toBe('This is 1 character too long: 5 fit.');
});

it('makes a row of no more than was filled in', () => {
  const values = { name: 'b', code: null, note: '', due: null, extra: {} };
  expect(creation(things.fields, values)).toEqual({ name: 'b' });
});

describe('a refusal of the API', () => {
  it('is told at the fields that it names', async () => {
    const refused = problem(422, 'Invalid', [
      { pointer: '#/name', detail: 'must not be odd' },
      { pointer: '#/extra/n', detail: 'is too deep' },
    ]);
    expect(await faultsOf(things, refused, { ...draft, extra: '{"n": 1}' })).toEqual({
      at: { name: 'It must not be odd.', extra: [{ message: 'is too deep', offset: 6, length: 1 }] },
    });
  });

  it('is told below the form where it names none', async () => {
    expect(await faultsOf(things, problem(422, 'Odd'), draft)).toEqual({ at: {}, form: 'Odd' });
  });

  it('is told at the field whose value another row has', () => {
    expect(takenBy(things, problem(409, 'Another row has this code.'))?.at).toEqual({
      code: 'Another idea has this Code. Choose another one.',
    });
    expect(takenBy(things, problem(409, 'The first request is still being worked on.'))).toBeNull();
  });
});
