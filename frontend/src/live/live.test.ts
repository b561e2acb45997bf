import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHECK_EVERY, feed, gathered, mode, POLL_EVERY, pollEvery, watchPlatform } from './live';

const { changed, readAgain } = vi.hoisted(() => ({ changed: vi.fn(), readAgain: vi.fn() }));
vi.mock('../api/queries', () => ({ changed, readAgain }));

const everything = ['items', 'stats', 'runs', 'schedules', 'workers', 'ready'];

let out: WritableStreamDefaultWriter<Uint8Array>;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  changed.mockClear();
  readAgain.mockClear();
  feed.value = [];
  vi.stubGlobal('fetch', (_url: string, init: RequestInit) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    init.signal?.addEventListener('abort', () => void writer.abort(init.signal?.reason));
    out = writer;
    return Promise.resolve(new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } }));
  });
  stop = watchPlatform();
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function send(name: string, data: unknown, id = ''): Promise<void> {
  const text = `event: ${name}\n${id && `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
  void out.write(new TextEncoder().encode(text));
  await vi.advanceTimersByTimeAsync(0);
}

const event = (type: string, more: object = {}) => ({ type, at: '2026-11-24T10:00:00Z', ...more });

test('reads again, the first time it is live, what was read before', async () => {
  expect(readAgain).not.toHaveBeenCalled();
  await send('hello', { live: true });
  await send('items.created', event('items.created'), '1-0');
  expect(readAgain).toHaveBeenCalledTimes(1);
});

test('is live with a hello, and polls as soon as the server has lost its events', async () => {
  expect(mode.value).toBe('starting');
  await send('hello', { live: true });
  expect([mode.value, pollEvery()]).toEqual(['live', CHECK_EVERY]);
  await send('status', { live: false });
  expect([mode.value, pollEvery()]).toEqual(['polling', POLL_EVERY]);
  await send('status', { live: true });
  expect(mode.value).toBe('live');
});

test('polls when the hello says that no events arrive', async () => {
  await send('hello', { live: false });
  expect(mode.value).toBe('polling');
});

test('polls within six seconds when nothing arrives at all', async () => {
  await vi.advanceTimersByTimeAsync(6_000);
  expect(mode.value).toBe('polling');
});

test.each([
  ['items.created', ['items', 'stats']],
  ['runs.finished', ['runs', 'schedules']],
  ['schedules.changed', ['schedules']],
  ['workers.left', ['workers', 'ready']],
  ['reset', everything],
])('%s marks as stale what it is about', async (type, subjects) => {
  await send('hello', { live: true });
  await send(type, event(type), '1-0');
  expect(changed.mock.calls).toEqual([subjects]);
});

test('reads everything again when the stream is back', async () => {
  await send('hello', { live: true });
  expect(changed).not.toHaveBeenCalled();
  void out.close();
  await vi.advanceTimersByTimeAsync(3_000);
  changed.mockClear();
  readAgain.mockClear();
  await send('hello', { live: true });
  expect(changed.mock.calls).toEqual([everything]);
});

test('reads everything again when it is no longer live, from when on queries poll', async () => {
  await send('hello', { live: true });
  await send('status', { live: false });
  expect(changed.mock.calls).toEqual([everything]);
  await send('status', { live: false });
  expect(changed).toHaveBeenCalledTimes(1);
});

test('keeps the newest events, each once, and none that tells nothing to a person', async () => {
  await send('hello', { live: true });
  for (let n = 1; n <= 51; n++) await send('items.created', event('items.created', { count: n }), `${n}-0`);
  await send('items.created', event('items.created', { count: 51 }), '51-0');
  await send('workers.beat', event('workers.beat'), '52-0');
  expect(feed.value.map((entry) => entry.count)).toEqual(Array.from({ length: 50 }, (_, i) => 51 - i));
});

test('passes over what is no event of the API', async () => {
  await send('hello', { live: true });
  for (const data of ['text', null, 7, {}, { type: 7 }]) await send('items.created', data);
  void out.write(new TextEncoder().encode('data: not json\n\n'));
  await send('unknown.kind', event('unknown.kind'), '3-0');
  expect(changed.mock.calls.flat()).toEqual([]);
  expect(mode.value).toBe('live');
});

test('gathered acts at once, then once a pause for all that came in it', async () => {
  const act = vi.fn();
  const add = gathered<number>((all) => act([...all]), 300);
  add(1);
  expect(act.mock.calls).toEqual([[[1]]]);
  add(2);
  add(3, 2);
  expect(act).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(300);
  expect(act.mock.calls).toEqual([[[1]], [[2, 3]]]);
  await vi.advanceTimersByTimeAsync(300);
  add(4);
  expect(act).toHaveBeenCalledTimes(3);
});
