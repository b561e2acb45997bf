import { api, body as bodyOf, type Item, type ItemCreate } from '../api/client';
import { ApiProblem, explain, Unreachable } from '../api/problem';
import { changed, itemQuery, queryClient } from '../api/queries';
import { complain, tell } from '../ui/notices';
import type { Fields } from './conflict';
import { fieldsOf } from './conflict';
import { creation } from './draft';
import { want } from './focus';
import { answered, keyOf } from './key';
import { mergePatch, same } from './merge';
import { TOTALS } from './total';

/** An item, and the version of it that a change is meant for. */
export interface Read {
  item: Item;
  etag: string;
}

/** Creates an item. */
export async function create(fields: Fields): Promise<Item> {
  const body = creation(fields);
  const header = { 'Idempotency-Key': keyOf(body) };
  const item = await bodyOf(api.POST('/api/items', { params: { header }, body }));
  answered();
  refresh();
  return item;
}

/** Creates items, all of them or none. */
export async function createAll(items: ItemCreate[]): Promise<void> {
  await api.POST('/api/items/batch', { body: items });
  refresh();
}

/** Makes `fields` of an item, unless a person has changed it since it was read: an ApiProblem of status 412. */
export function change(read: Read, fields: Fields): Promise<Item> {
  return unlessChanged(read, (on) => patch(on, fields));
}

/** Acts on an item as it was read or, when only the worker was at it since, such as at its expiry, as it is now. */
async function unlessChanged<T>(read: Read, act: (on: Read) => Promise<T>): Promise<T> {
  try {
    return await act(read);
  } catch (error) {
    if (!isStatus(error, 412)) throw error;
    const now = await newest(read.item.id);
    if (!same(fieldsOf(read.item), fieldsOf(now.item))) throw error;
    return await act(now);
  }
}

async function patch({ item, etag }: Read, fields: Fields): Promise<Item> {
  const body = mergePatch({ ...fieldsOf(item) }, { ...fields });
  if (Object.keys(body).length === 0) return item;
  const { data, response } = await api.PATCH('/api/items/{id}', {
    params: { path: { id: item.id }, header: { 'If-Match': etag } },
    headers: { 'content-type': 'application/merge-patch+json' },
    body,
  });
  if (!data) throw new Error('The API sent an answer without a body.');
  keep(data, response);
  refresh();
  return data;
}

/** The item as it is now: from the database, past every cache. */
export async function newest(id: number): Promise<Read> {
  const { data, response } = await api.GET('/api/items/{id}', {
    params: { path: { id } },
    headers: { 'cache-control': 'no-cache' },
  });
  if (!data) throw new Error('The API sent an answer without a body.');
  return keep(data, response);
}

/** Brings a deleted item back. */
export async function restore(id: number): Promise<Read> {
  const { data, response } = await api.POST('/api/items/{id}/restore', { params: { path: { id } } });
  if (!data) throw new Error('The API sent an answer without a body.');
  const read = keep(data, response);
  refresh();
  return read;
}

/** Deletes an item, unless a person has changed it since it was read, and offers to undo it. Says whether it is gone. */
export async function remove(item: Item): Promise<boolean> {
  try {
    await unlessChanged({ item, etag: `"${item.version}"` }, (on) =>
      api.DELETE('/api/items/{id}', {
        params: { path: { id: item.id }, header: { 'If-Match': on.etag } },
      }),
    );
  } catch (error) {
    refresh();
    if (isStatus(error, 404)) {
      tell(`“${item.name}” was already deleted.`);
      return true;
    }
    complain(`“${item.name}” was not deleted`, error);
    return false;
  }
  refresh();
  tell(`Deleted “${item.name}”`, { label: 'Undo', run: () => void undo(item) });
  return true;
}

async function undo(item: Item): Promise<void> {
  try {
    await restore(item.id);
    want(item.id);
    tell(`Restored “${item.name}”`);
  } catch (error) {
    complain(`“${item.name}” was not restored`, error);
  }
}

export function isStatus(error: unknown, status: number): error is ApiProblem {
  return error instanceof ApiProblem && error.status === status;
}

/** Why nothing was saved, for the form. What was typed is still there. */
export function whyNot(error: unknown): string {
  const { title, detail } = explain(error);
  if (!(error instanceof Unreachable)) return `Not saved: ${title}. ${detail}`;
  return `Not saved: ${title}. What you typed is kept here; save again when it is back.`;
}

function keep(item: Item, response: Response): Read {
  const read = { item, etag: response.headers.get('etag') ?? '' };
  queryClient.setQueryData(itemQuery(item.id).queryKey, read);
  return read;
}

function refresh(): void {
  void changed('items', 'stats');
  void queryClient.invalidateQueries({ queryKey: [TOTALS] });
}
