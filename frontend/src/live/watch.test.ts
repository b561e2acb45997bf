import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHECK_EVERY, feed, mode, POLL_EVERY, pollEvery } from './live';
import { paced, watchPlatform } from './watch';

const { changed, readAgain } = vi.hoisted(() => ({ changed: vi.fn(), readAgain: vi.fn() }));
vi.mock('../api/queries', () => ({ changed, readAgain }));

const subjects = {
  things: ['things', 'stats'],
  runs: ['runs', 'schedules'],
  schedules: ['schedules'],
  workers: ['workers', 'ready'],
};
const everything = ['things', 'stats', 'runs', 'schedules', 'workers', 'ready'];

let out: WritableStreamDefaultWriter<Uint8Array>;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  changed.mockReset();
  readAgain.mockClear();
  feed.set([]);
  vi.stubGlobal('fetch', ({ signal }: Request) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    signal.addEventListener('abort', () => void writer.abort(signal.reason));
    out = writer;
    return Promise.resolve(new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } }));
  });
  stop = watchPlatform(subjects);
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
  await send('things.created', event('things.created'), '1-0');
  expect(readAgain).toHaveBeenCalledTimes(1);
});

test('is live with a hello, and polls as soon as the server has lost its events', async () => {
  expect(mode.get()).toBe('starting');
  await send('hello', { live: true });
  expect([mode.get(), pollEvery()]).toEqual(['live', CHECK_EVERY]);
  await send('status', { live: false });
  expect([mode.get(), pollEvery()]).toEqual(['polling', POLL_EVERY]);
  await send('status', { live: true });
  expect(mode.get()).toBe('live');
});

test('polls when the hello says that no events arrive', async () => {
  await send('hello', { live: false });
  expect(mode.get()).toBe('polling');
});

test('polls within six seconds when nothing arrives at all', async () => {
  await vi.advanceTimersByTimeAsync(6_000);
  expect(mode.get()).toBe('polling');
});

test.each([
  ['things.created', ['things', 'stats']],
  ['runs.finished', ['runs', 'schedules']],
  ['schedules.changed', ['schedules']],
  ['workers.left', ['workers', 'ready']],
  ['reset', everything],
])('%s marks as stale what it is about', async (type, subjects) => {
  await send('hello', { live: true });
  await send(type, event(type), '1-0');
  expect(changed.mock.calls.flat()).toEqual(subjects);
});

test('reads everything again when the stream is back', async () => {
  await send('hello', { live: true });
  expect(changed).not.toHaveBeenCalled();
  void out.close();
  await vi.advanceTimersByTimeAsync(3_000);
  changed.mockClear();
  readAgain.mockClear();
  await send('hello', { live: true });
  expect(changed.mock.calls.flat()).toEqual(everything);
});

test('reads everything again when it is no longer live, from when on queries poll', async () => {
  await send('hello', { live: true });
  await send('status', { live: false });
  expect(changed.mock.calls.flat()).toEqual(everything);
  await send('status', { live: false });
  expect(changed).toHaveBeenCalledTimes(everything.length);
});

test('keeps the newest events, each once, and none that tells nothing to a person', async () => {
  await send('hello', { live: true });
  for (let n = 1; n <= 51; n++) await send('things.created', event('things.created', { count: n }), `${n}-0`);
  await send('things.created', event('things.created', { count: 51 }), '51-0');
  await send('workers.beat', event('workers.beat'), '52-0');
  expect(feed.get().map((entry) => entry.count)).toEqual(Array.from({ length: 50 }, (_, i) => 51 - i));
});

test('passes over what is no event of the API', async () => {
  await send('hello', { live: true });
  for (const data of ['text', null, 7, {}, { type: 7 }]) await send('things.created', data);
  void out.write(new TextEncoder().encode('data: not json\n\n'));
  await send('unknown.kind', event('unknown.kind'), '3-0');
  expect(changed.mock.calls.flat()).toEqual([]);
  expect(mode.get()).toBe('live');
});

test('a reset counts each time, whatever its id', async () => {
  await send('hello', { live: true });
  await send('things.created', event('things.created'), '7-0');
  for (let time = 0; time < 2; time++) {
    await vi.advanceTimersByTimeAsync(1_000);
    changed.mockClear();
    await send('reset', event('reset'), '7-0');
    expect(changed.mock.calls.flat()).toEqual(everything);
  }
});

test('a read that takes long is not begun again meanwhile, and holds up no other', async () => {
  let done = () => {};
  changed.mockImplementation((subject: string) =>
    subject === 'things' ? new Promise<void>((resolve) => (done = resolve)) : Promise.resolve(),
  );
  await send('hello', { live: true });
  for (let n = 1; n <= 20; n++) {
    await send('things.created', event('things.created'), `${n}-0`);
    await vi.advanceTimersByTimeAsync(100);
  }
  const calls = (subject: string) => changed.mock.calls.filter(([one]) => one === subject).length;
  expect(calls('things')).toBe(1);
  expect(calls('stats')).toBeGreaterThan(4);
  done();
  await vi.advanceTimersByTimeAsync(0);
  expect(calls('things')).toBe(2); // for all that came meanwhile
});

test('paced acts at once, then once a pause for all that came in it', async () => {
  const act = vi.fn(() => Promise.reject(new Error('a failure ends nothing')));
  const again = paced(act, 300);
  again();
  expect(act).toHaveBeenCalledTimes(1);
  again();
  again();
  await vi.advanceTimersByTimeAsync(299);
  expect(act).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(act).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(300);
  again();
  expect(act).toHaveBeenCalledTimes(3);
});
