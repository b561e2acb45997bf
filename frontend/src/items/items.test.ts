import { expect, it } from 'vitest';
import { json, text } from '../form/fields';
import { type ChangeOf, declare } from '../list/entity';
import { items } from './items';

it('edits and shows each field that the API lets a client change', () => {
  // A field that the API gets is missing here, until the form and the page have it.
  const fields: Record<keyof ChangeOf<'items'>, true> = {
    name: true,
    description: true,
    external_id: true,
    attributes: true,
    expires_at: true,
  };
  expect(items.fields.map(({ key }) => key).sort()).toEqual(Object.keys(fields).sort());
  const shown = items.fields.filter(({ key, panel }) => panel || key === items.named).map(({ key }) => key);
  expect([...shown, ...(items.facts ?? [])]).toEqual(expect.arrayContaining(Object.keys(fields)));
});

// TypeScript refuses names that the API's document does not have.
const plain = { lead: '', about: '', named: 'name', columns: [], fields: [] } as const;
declare<'items'>(plain);
// @ts-expect-error a column
declare<'items'>({ ...plain, columns: [{ key: 'colour', text: 'Colour' }] });
// @ts-expect-error an order
declare<'items'>({ ...plain, columns: [{ key: 'status', text: 'Status', sort: 'status' }] });
// @ts-expect-error a field that no client can change
declare<'items'>({ ...plain, fields: [text('slug', 'Slug', { max: 9 })] });
// @ts-expect-error a field of another kind
declare<'items'>({ ...plain, fields: [json('name', 'Name', { member: 'Name' })] });
// @ts-expect-error a filter
declare<'items'>({ ...plain, filters: [{ param: 'colour', chip: String, reason: String }] });
