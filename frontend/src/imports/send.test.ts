import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Import, upload } from './send';

const BEGUN = { id: 7, state: 'uploading', bytes_received: 0 } as Import;
let there = 0; // bytes that the API has
let breaks = 0; // how many parts break off half-way

/** An API that takes parts, of which some break off when half of them is there. */
async function api(request: Request): Promise<Response> {
  const body = await request.arrayBuffer();
  let state = 'uploading';
  if (request.method === 'PATCH') {
    if (request.headers.get('Upload-Offset') !== String(there)) {
      return Response.json({ title: 'Conflict', status: 409, detail: '' }, { status: 409 });
    }
    if (breaks > 0) {
      breaks--;
      there += Math.floor(body.byteLength / 2);
      throw new TypeError('network');
    }
    there += body.byteLength;
    if (request.headers.get('Upload-Complete') === '?1') state = 'queued';
  }
  return Response.json({ id: 7, state, bytes_received: there });
}

beforeEach(() => {
  there = 0;
  vi.stubGlobal('fetch', api);
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 200 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('sends a file in parts, and what broke off again', async () => {
  breaks = 2;
  const file = new Blob([new Uint8Array(2.5 * 1024 * 1024)]);
  const sent: number[] = [];
  const done = await upload(BEGUN, file, (bytes) => sent.push(bytes), new AbortController().signal);
  expect(done.state).toBe('queued');
  expect(there).toBe(file.size);
  expect(sent.at(-1)).toBe(file.size);
});

it('goes on behind what the API has', async () => {
  there = 3;
  await upload({ ...BEGUN, bytes_received: 3 }, new Blob(['abcdef']), () => {}, new AbortController().signal);
  expect(there).toBe(6);
});

it('does not go on with another file', async () => {
  const begun = { ...BEGUN, bytes_received: 9 };
  await expect(upload(begun, new Blob(['abc']), () => {}, new AbortController().signal)).rejects.toThrow(
    'shorter',
  );
});
