import { problemOf, Unreachable } from '../api/problem';
import { authorized, refused } from '../api/token';

const REQUEST_TIMEOUT = 20_000; // milliseconds

/** Sends a request that has no JSON in the API's document: an upload, a download. It rejects as api's methods do. */
export async function ask(path: string, init?: RequestInit): Promise<Response> {
  const request = authorized(new Request(path, init));
  const response = await answered(request);
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401) refused(request, problem);
  throw problem;
}

/** An answer, once it has begun; how long the rest of it takes is not bounded, as it may be a large file. */
async function answered(request: Request): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), REQUEST_TIMEOUT);
  try {
    return await fetch(new Request(request, { signal: AbortSignal.any([request.signal, late.signal]) }));
  } catch (error) {
    if (request.signal.aborted) throw error; // the caller has left
    throw new Unreachable(late.signal.aborted ? 'timeout' : 'network', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
