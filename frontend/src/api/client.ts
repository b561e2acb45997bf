import createClient from 'openapi-fetch';
import { problemOf, Unreachable } from './problem';
import type { components, paths } from './schema';
import { authorized, refused } from './token';

export type Item = components['schemas']['Item'];
export type ItemCreate = components['schemas']['ItemCreate'];
export type ItemPatch = components['schemas']['ItemPatch'];
export type Run = components['schemas']['Run'];
export type Schedule = components['schemas']['Schedule'];
export type SchedulePatch = components['schemas']['SchedulePatch'];
export type Worker = components['schemas']['Worker'];
export type Readiness = components['schemas']['Readiness'];
export type DayStats = components['schemas']['DayStats'];

/** How long a request may take, in milliseconds: a little longer than the API gives itself. */
export const REQUEST_TIMEOUT = 20_000;

/** The API, typed by its OpenAPI document. Its methods reject with ApiProblem or Unreachable. */
export const api = createClient<paths>({ baseUrl: '/', fetch: send });
api.use({
  onRequest: ({ request }) => authorized(request),
  async onResponse({ request, response }) {
    if (response.ok) return;
    const problem = await problemOf(response);
    if (response.status === 401) void refused(request, problem);
    throw problem;
  },
});

declare global {
  interface Window {
    /** What first/start.js has asked for already, by path. */
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

async function send(request: Request): Promise<Response> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT);
  try {
    return await (early(request) ??
      fetch(new Request(request, { signal: AbortSignal.any([request.signal, timeout]) })));
  } catch (error) {
    if (request.signal.aborted) throw error; // whoever asked has left
    throw new Unreachable(timeout.aborted ? 'timeout' : 'network', { cause: error });
  }
}

/** The body of an answer that has one. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Error('The API sent an answer without a body.');
  return data;
}

/** The platform's health: in an answer of 200, or of 503 when the database is unusable. */
export async function readiness(signal: AbortSignal): Promise<Readiness> {
  const response = await send(new Request('/api/ready', { signal }));
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  if (typeof answer === 'object' && answer !== null && 'worker' in answer) return answer as Readiness;
  throw await problemOf(response);
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
