import type { EventSourceMessage } from 'eventsource-parser';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openStream } from './stream';

/** A server of streams: each request is kept until the test answers it. */
class Server {
  requests: { headers: Headers; signal: AbortSignal | undefined; answer: (response: Response) => void }[] =
    [];

  fetch = (_url: RequestInfo | URL, init?: RequestInit): Promise<Response> =>
    new Promise((resolve, reject) => {
      const signal = init?.signal ?? undefined;
      signal?.addEventListener('abort', () => reject(signal.reason));
      this.requests.push({ headers: new Headers(init?.headers), signal, answer: resolve });
    });

  get last() {
    const request = this.requests.at(-1);
    if (!request) throw new Error('nothing was asked for');
    return request;
  }

  /** Answers the last request with a stream, and returns how to write to it and how to end it. */
  stream() {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const { signal } = this.last;
    signal?.addEventListener('abort', () => void writer.abort(signal.reason));
    this.last.answer(new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } }));
    return {
      write: (text: string) => void writer.write(new TextEncoder().encode(text)),
      end: () => void writer.close(),
    };
  }
}

let server: Server;
let events: EventSourceMessage[];
let live: boolean[];
let close: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5); // a pause is as long as it says
  server = new Server();
  events = [];
  live = [];
  close = openStream({
    url: '/api/events',
    onEvent: (event) => events.push(event),
    onLive: (now) => live.push(now),
    fetch: server.fetch,
  });
});

afterEach(() => {
  close();
  vi.useRealTimers();
});

/** Runs everything that does not wait for a timer. */
const settle = () => vi.advanceTimersByTimeAsync(0);

test('is live with the first event, not with the answer', async () => {
  const out = server.stream();
  await settle();
  expect(live).toEqual([]);
  out.write('event: hello\nid: 1-0\ndata: {"live":true}\n\n');
  await settle();
  expect(live).toEqual([true]);
  expect(events).toMatchObject([{ event: 'hello', id: '1-0', data: '{"live":true}' }]);
});

test('puts together an event that comes in pieces', async () => {
  const out = server.stream();
  out.write('event: things.crea');
  await settle();
  out.write('ted\ndata: {"count"');
  await settle();
  expect(events).toEqual([]);
  out.write(':1}\n\n');
  await settle();
  expect(events).toMatchObject([{ event: 'things.created', data: '{"count":1}' }]);
});

test('comes back after a second, at the last event', async () => {
  expect(server.last.headers.get('Last-Event-ID')).toBeNull();
  const out = server.stream();
  out.write('id: 7-0\ndata: {}\n\ndata: {"without":"id"}\n\n');
  await settle();
  out.end();
  await settle();
  expect(live).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(999);
  expect(server.requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(server.requests).toHaveLength(2);
  expect(server.last.headers.get('Last-Event-ID')).toBe('7-0');
});

test('waits longer after each failure in a row, at most half a minute', async () => {
  const pauses: number[] = [];
  for (let failure = 0; failure < 7; failure++) {
    const asked = server.requests.length;
    server.last.answer(new Response('', { status: 503 }));
    const begin = Date.now();
    for (let second = 0; second < 60 && server.requests.length === asked; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
    }
    pauses.push((Date.now() - begin) / 1_000);
  }
  expect(pauses).toEqual([2, 4, 8, 16, 30, 30, 30]);
});

test('comes back at once when the network does', async () => {
  server.last.answer(new Response('', { status: 503 }));
  await settle();
  window.dispatchEvent(new Event('online'));
  await settle();
  expect(server.requests).toHaveLength(2);
});

test('takes an answer that is not a stream for a failure', async () => {
  server.last.answer(new Response('<html>', { headers: { 'Content-Type': 'text/html' } }));
  await settle();
  expect(live).toEqual([false]);
});

test('gives up on a stream whose first event does not come within six seconds', async () => {
  server.stream(); // a proxy that holds it back
  await vi.advanceTimersByTimeAsync(5_999);
  expect(live).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(live).toEqual([false]);
});

test('gives up on a request that is not answered', async () => {
  await vi.advanceTimersByTimeAsync(6_000);
  expect(live).toEqual([false]);
});

test('gives up on a stream that has fallen silent, and pings are signs of life', async () => {
  const out = server.stream();
  out.write('data: {}\n\n');
  await vi.advanceTimersByTimeAsync(39_000);
  out.write(': ping\n\n');
  await vi.advanceTimersByTimeAsync(39_000);
  expect(live).toEqual([true]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(live).toEqual([true, false]);
});

test('asks for nothing more once closed', async () => {
  close();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(server.requests).toHaveLength(1);
  expect(live).toEqual([]);
});

/** Shows the page, or hides it as another tab in front does. */
function show(state: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  document.dispatchEvent(new Event('visibilitychange'));
}

test('a page that nobody sees holds no stream, and resumes it when it is seen', async () => {
  const out = server.stream();
  out.write('id: 7-0\ndata: {}\n\n');
  await settle();
  const { signal } = server.last;
  show('hidden');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(signal?.aborted).toBe(true);
  expect(server.requests).toHaveLength(1);
  expect(live).toEqual([true]); // a hidden page is still live
  show('visible');
  await settle();
  expect(server.requests).toHaveLength(2);
  expect(server.last.headers.get('Last-Event-ID')).toBe('7-0');
});

test('a page that is opened in the background asks once it is seen', async () => {
  close();
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  const before = server.requests.length;
  close = openStream({ url: '/api/events', onEvent: () => {}, onLive: () => {}, fetch: server.fetch });
  await settle();
  expect(server.requests).toHaveLength(before);
  show('visible');
  await settle();
  expect(server.requests).toHaveLength(before + 1);
});

test('a callback that throws leaves no response open', async () => {
  close();
  const fails = vi.fn(() => {
    throw new Error('a fault of the page');
  });
  close = openStream({ url: '/api/events', onEvent: fails, onLive: () => {}, fetch: server.fetch });
  const out = server.stream();
  const { signal } = server.last;
  out.write('id: 8-0\ndata: {}\n\n');
  await settle();
  expect(fails).toHaveBeenCalledTimes(1);
  expect(signal?.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.last.headers.get('Last-Event-ID')).toBe('8-0'); // past the event that it failed at
});
