import { keepPreviousData, queryOptions } from '@tanstack/preact-query';
import { ask, type Page, page } from '../api/client';
import { read, write } from '../api/exact';
import { isStatus } from '../api/problem';
import { changed, queryClient } from '../api/queries';
import { mergePatch, same } from '../form/merge';
import { creation, type Values, valuesOf } from '../form/values';
import { complain, quoted, tell } from '../ui/notices';
import { capital, type Entity, type Named, nameOf, type Query, type Row } from './entity';
import { want } from './focus';
import { acts } from './held';
import { answered, keyOf } from './key';

/** A row, and the version of it that a change is meant for. */
export interface Read<R extends Row = Row> {
  row: R;
  etag: string;
}

/** The beginning of the keys of totals. With the entity's name, each of its events would count all of them again. */
export const TOTALS = 'totals';

const pathOf = ({ name, api }: Named) => api ?? `/api/${name}`;

/** An answer in which numbers keep their digits, as do those of a body that is sent. */
async function exact<T>(path: string, init?: RequestInit): Promise<{ data: T; response: Response }> {
  const response = await ask(path, init);
  const text = await response.text();
  return { data: (text === '' ? undefined : read(text)) as T, response };
}

/** A page of the list, from the API. */
export function readPage<R extends Row>(of: Named, query: Query, signal: AbortSignal): Promise<Page<R>> {
  const said = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return page(exact<R[]>(`${pathOf(of)}?${said}`, { signal }));
}

export const listQuery = <R extends Row = Row>(of: Named, query: Query) =>
  queryOptions({
    queryKey: [of.name, 'list', query] as const,
    queryFn: ({ signal }) => readPage<R>(of, query, signal),
    placeholderData: keepPreviousData,
  });

export const oneQuery = (of: Named, id: number) =>
  queryOptions({
    queryKey: [of.name, 'one', id] as const,
    queryFn: async ({ signal }): Promise<Read> => asRead(await exact<Row>(`${pathOf(of)}/${id}`, { signal })),
  });

function asRead({ data, response }: { data: Row; response: Response }): Read {
  return { row: data, etag: response.headers.get('etag') ?? '' };
}

/** Creates a row. */
export async function create(entity: Entity, values: Values): Promise<Row> {
  const path = pathOf(entity);
  const body = creation(entity.fields, values);
  const { data } = await exact<Row>(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': keyOf(path, body) },
    body: write(body),
  });
  answered();
  refresh(entity);
  return data;
}

/** Makes `values` of a row, unless a person has changed it since it was read: an ApiProblem of status 412. */
export function change(entity: Entity, read: Read, values: Values): Promise<Row> {
  return unlessChanged(entity, read, (on) => patch(entity, on, values));
}

/** Acts on a row as it was read or, when only the worker was at it since, such as at its expiry, as it is now. */
async function unlessChanged<T>(entity: Entity, read: Read, act: (on: Read) => Promise<T>): Promise<T> {
  try {
    return await act(read);
  } catch (error) {
    if (!isStatus(error, 412)) throw error;
    const now = await newest(entity, read.row.id);
    if (!same(valuesOf(entity.fields, read.row), valuesOf(entity.fields, now.row))) throw error;
    return await act(now);
  }
}

async function patch(entity: Entity, { row, etag }: Read, values: Values): Promise<Row> {
  const body = mergePatch(valuesOf(entity.fields, row), values);
  if (Object.keys(body).length === 0) return row;
  const answer = await exact<Row>(`${pathOf(entity)}/${row.id}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': etag },
    body: write(body),
  });
  keep(entity, asRead(answer));
  refresh(entity);
  return answer.data;
}

/** The first rows that the filters choose, at most so many of them. */
export async function readAll(of: Named, filter: Query, most: number, signal: AbortSignal): Promise<Row[]> {
  const { rows } = await readPage(of, { ...filter, sort: 'id', limit: most }, signal);
  return rows;
}

/** The row as it is now: from the database, past every cache. */
export async function newest(of: Named, id: number): Promise<Read> {
  const headers = { 'Cache-Control': 'no-cache' };
  return keep(of, asRead(await exact<Row>(`${pathOf(of)}/${id}`, { headers })));
}

/** Brings a deleted row back, and leaves it to `restore` to show that. */
export async function restoreRow(of: Named, id: number): Promise<Read> {
  return keep(of, asRead(await exact<Row>(`${pathOf(of)}/${id}/restore`, { method: 'POST' })));
}

/** Brings a deleted row back. */
export async function restore(of: Named, id: number): Promise<Read> {
  const back = await restoreRow(of, id);
  refresh(of);
  return back;
}

/** Brings a deleted row back and says so, or why not. */
export async function bringBack(entity: Entity, id: number): Promise<boolean> {
  try {
    const { row } = await restore(entity, id);
    want(entity.name, id);
    tell(`Restored ${quoted(nameOf(entity, row))}`);
    return true;
  } catch (error) {
    complain(`${capital(entity.noun)} ${id} was not restored`, error);
    return false;
  }
}

/** Deletes a row, unless a person has changed it since it was read. */
export function deleteRow(entity: Entity, row: Row): Promise<Response> {
  return unlessChanged(entity, { row, etag: `"${row.version}"` }, (on) =>
    ask(`${pathOf(entity)}/${row.id}`, { method: 'DELETE', headers: { 'If-Match': on.etag } }),
  );
}

/** The same, and offers to undo it. Says whether the row is gone. */
export async function remove(entity: Entity, row: Row): Promise<boolean> {
  const name = quoted(nameOf(entity, row));
  try {
    await deleteRow(entity, row);
  } catch (error) {
    refresh(entity);
    if (isStatus(error, 404)) {
      tell(`${name} was already deleted.`);
      return true;
    }
    complain(`${name} was not deleted`, error);
    return false;
  }
  refresh(entity);
  tell(`Deleted ${name}`, { label: 'Undo', run: () => void bringBack(entity, row.id) });
  return true;
}

function keep(of: Named, read: Read): Read {
  queryClient.setQueryData(oneQuery(of, read.row.id).queryKey, read);
  return read;
}

/** Has all that was read of an entity read again, its totals included. */
export function refresh({ name, subjects = [name] }: Named): void {
  acts.set(acts.get() + 1);
  void changed(...subjects);
  void queryClient.invalidateQueries({ queryKey: [TOTALS] });
}
