import type { Client } from 'openapi-fetch'; // its types alone: `caller` does its work
import { problemOf, Unreachable } from './problem';
import type { paths } from './schema';
import { authorized, refused } from './token';

/** How long a request may take, in milliseconds: a little longer than the API gives itself. */
export const REQUEST_TIMEOUT = 20_000;

/** A call: its parameters by their place, and its body. */
interface Call {
  params?: {
    path?: Record<string, string | number>;
    query?: Record<string, unknown>;
    header?: Record<string, string>;
  };
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal;
}

/** The API, typed by its OpenAPI document. Its methods reject with ApiProblem or Unreachable. */
export const api = { GET: caller('GET'), POST: caller('POST'), PATCH: caller('PATCH') } as unknown as Pick<
  Client<paths>,
  'GET' | 'POST' | 'PATCH'
>;

function caller(method: string) {
  return async (path: string, { params = {}, headers, body, signal }: Call = {}) => {
    const response = await ask(addressOf(path, params), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...params.header,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    const text = await response.text();
    return { data: text === '' ? undefined : JSON.parse(text), response };
  };
}

/** A path of the document with its parameters in it; a list is one parameter for each of its elements. */
function addressOf(path: string, { path: named = {}, query = {} }: NonNullable<Call['params']>): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined) said.append(name, String(one));
  }
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(named[name] ?? ''));
  return said.size > 0 ? `${filled}?${said}` : filled;
}

/** Asks for a path, such as that of an entity which only the product knows. It rejects as the methods of api do. */
export async function ask(path: string, init?: RequestInit): Promise<Response> {
  const request = authorized(new Request(path, init));
  const response = await send(request);
  if (!response.ok) throw await problemIn(request, response);
  return response;
}

async function problemIn(request: Request, response: Response): Promise<Error> {
  const problem = await problemOf(response);
  if (response.status === 401) refused(request, problem);
  return problem;
}

declare global {
  interface Window {
    /** The requests that first/start.js has sent already, by path. */
    early?: Map<string, Promise<Response>>;
  }
}

/** The answer that was asked for before this script was there, once. */
function early({ method, url }: Request): Promise<Response> | undefined {
  const path = url.slice(location.origin.length);
  const answer = method === 'GET' ? window.early?.get(path) : undefined;
  window.early?.delete(path);
  return answer;
}

/** Sends a request, or takes the answer that was asked for early. It rejects with Unreachable. */
export async function send(request: Request): Promise<Response> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT);
  try {
    return await (early(request) ??
      fetch(new Request(request, { signal: AbortSignal.any([request.signal, timeout]) })));
  } catch (error) {
    if (request.signal.aborted) throw error; // the caller has left
    throw new Unreachable(timeout.aborted ? 'timeout' : 'network', { cause: error });
  }
}

/** The body of an answer that has one. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Error('The API sent an answer without a body.');
  return data;
}

/** A page of a list, and the cursors of its neighbours. */
export interface Page<T> {
  rows: T[];
  next: string | null;
  prev: string | null;
  total: number | null;
}

/** Reads a page: neighbours from the Link header (RFC 8288), the total where it was asked for. */
export async function page<T>(answer: Promise<{ data?: T[]; response: Response }>): Promise<Page<T>> {
  const { data, response } = await answer;
  const total = response.headers.get('x-total-count');
  return {
    rows: data ?? [],
    next: cursorOf(response, 'next'),
    prev: cursorOf(response, 'prev'),
    total: total === null ? null : Number(total),
  };
}

function cursorOf(response: Response, relation: string): string | null {
  for (const link of (response.headers.get('link') ?? '').split(/,\s*(?=<)/)) {
    const match = /^<([^>]*)>.*;\s*rel="?([^";]*)"?/.exec(link);
    if (match?.[1] && match[2] === relation) {
      return new URL(match[1], location.href).searchParams.get('cursor');
    }
  }
  return null;
}
