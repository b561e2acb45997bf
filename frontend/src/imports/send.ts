import { ApiProblem, Unreachable } from '../api/problem';
import type { components } from '../api/schema';
import { ask } from './ask';

/** How far the import of a file has got. */
export type Import = components['schemas']['Import'];

/** One thing that is wrong in a file. */
export type Fault = components['schemas']['ImportError'];

export const ended = ({ state }: Import) => ['completed', 'failed', 'cancelled'].includes(state);

const PATH = '/api/imports';
const PART = 1024 * 1024; // bytes a request, so that each takes well under the client's timeout
const TRIES = 8; // without a byte more
const MOST_PAUSE = 15_000; // milliseconds

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await ask(path, init)).json() as Promise<T>;
}

/** Begins an import. `upload` sends its file. */
export function create(query: Record<string, string>, format: Import['format']): Promise<Import> {
  return json(`${PATH}?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers: {
      'Content-Type': format === 'csv' ? 'text/csv' : 'application/x-ndjson',
      'Upload-Complete': '?0',
    },
  });
}

export const read = (id: number, signal: AbortSignal) => json<Import>(`${PATH}/${id}`, { signal });
export const readNewest = (most: number, signal: AbortSignal) =>
  json<Import[]>(`${PATH}?limit=${most}`, { signal });
export const faultsFile = (id: number) => `${PATH}/${id}/errors?format=csv`;
export const readFaults = (id: number, signal: AbortSignal) =>
  json<Fault[]>(`${PATH}/${id}/errors`, { signal });
export const cancel = (id: number) => json<Import>(`${PATH}/${id}/cancel`, { method: 'POST' });

/** Sends the rest of a file, part by part. A part that breaks off is resumed at the first missing byte. */
export async function upload(
  it: Import,
  file: Blob,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<Import> {
  let failed = 0;
  let now = it;
  while (now.state === 'uploading') {
    const offset = now.bytes_received;
    if (offset > file.size) throw new Error(`This file is shorter than what was sent of import ${it.id}.`);
    const end = Math.min(offset + PART, file.size);
    try {
      now = await json(`${PATH}/${it.id}`, {
        method: 'PATCH',
        headers: {
          'Content-Type': 'application/partial-upload',
          'Upload-Offset': String(offset),
          'Upload-Complete': end === file.size ? '?1' : '?0',
        },
        body: file.slice(offset, end),
        signal,
      });
    } catch (error) {
      if (signal.aborted || !passes(error) || ++failed === TRIES) throw error;
      await pause(Math.min(MOST_PAUSE, 250 * 2 ** failed), signal);
      now = await read(it.id, signal).catch(() => now);
    }
    if (now.bytes_received > offset) failed = 0;
    onProgress(now.bytes_received);
  }
  return now;
}

/** Whether the same may succeed later. After a 409 the API has more of the file than it had. */
function passes(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.status >= 500 || [408, 409, 429].includes(error.status);
  return error instanceof Unreachable;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
