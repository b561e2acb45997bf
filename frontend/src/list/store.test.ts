import { afterEach, expect, it, vi } from 'vitest';
import { write } from '../api/exact';
import { queryClient } from '../api/queries';
import { json } from '../form/fields';
import { valueIn } from '../form/values';
import type { Entity } from './entity';
import { change, newest } from './store';

const things: Entity = {
  name: 'things',
  noun: 'thing',
  title: 'Things',
  lead: '',
  about: '',
  named: 'id',
  columns: [],
  fields: [json('extra', 'Extras', { member: 'Extra' })],
};

afterEach(() => {
  vi.unstubAllGlobals();
  queryClient.clear();
});

it('keeps the digits of numbers, in both directions', async () => {
  const extra = '{"ids":[9007199254740993,5],"big":1e399}';
  const sent: Request[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request.clone());
    const headers = { 'content-type': 'application/json', etag: '"1.0"' };
    return new Response(`{"id":7,"version":1,"extra":${extra}}`, { headers });
  });
  const read = await newest(things, 7);
  expect([write(valueIn(read.row, 'extra')), read.etag]).toEqual([extra, '"1.0"']);
  const more = { ...(valueIn(read.row, 'extra') as object), more: 1 };
  await change(things, read, { extra: more });
  expect(await sent.at(-1)?.text()).toBe('{"extra":{"more":1}}');
  expect(sent.at(-1)?.headers.get('If-Match')).toBe('"1.0"');
  const { ids: _, ...less } = more as Record<string, unknown>;
  await change(things, read, { extra: { ...less, ids: [valueIn(read.row, 'extra')] } });
  expect(await sent.at(-1)?.text()).toContain('9007199254740993');
});
