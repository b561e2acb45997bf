import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** Settings of a stream; times are in milliseconds. */
export interface StreamOptions {
  url: string;
  onEvent: (event: EventSourceMessage) => void;
  /** Called with true once events arrive, with false and the reason when they no longer do. */
  onLive: (live: boolean, why?: string) => void;
  fetch?: typeof globalThis.fetch;
  /** How long the first event, and then the next sign of life, may take. */
  firstWithin?: number;
  quietFor?: number;
  /** The shortest and the longest pause before another attempt. */
  retryAfter?: number;
  retryAtMost?: number;
}

/**
 * Reads server-sent events (WHATWG HTML, section 9.2) until the returned function is called. It comes back
 * after every failure, resumes at the last event it saw, and says when nothing arrives: a proxy that holds
 * a stream back looks connected to the browser's own EventSource for ever.
 *
 * A hidden page holds no connection: a browser has six for a host over HTTP/1.1, and six pages in
 * its tabs would leave none for anything else. The stream is resumed when the page is shown.
 */
export function openStream(options: StreamOptions): () => void {
  const ended = new AbortController();
  void run(options, ended.signal);
  return () => ended.abort();
}

async function run(options: StreamOptions, ended: AbortSignal): Promise<void> {
  const { retryAfter = 1_000, retryAtMost = 30_000 } = options;
  let lastId = '';
  let pause = retryAfter;
  for (;;) {
    if (isHidden()) await shown(ended);
    if (ended.aborted) return;
    const [hidden, forget] = onceHidden();
    const over = AbortSignal.any([ended, hidden]);
    const heard = await attempt(options, over, lastId).catch((error: unknown) => {
      if (!over.aborted) options.onLive(false, error instanceof Error ? error.message : String(error));
      return error instanceof Broken ? error.heard : { lastId, any: false };
    });
    forget();
    lastId = heard.lastId;
    if (hidden.aborted) continue;
    pause = heard.any ? retryAfter : Math.min(pause * 2, retryAtMost);
    await sleep(pause * (0.75 + Math.random() / 2), ended);
  }
}

const isHidden = () => document.visibilityState === 'hidden';

/** Waits until the page is visible, or the stream ends. */
function shown(ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const look = () => {
      if (isHidden() && !ended.aborted) return;
      over.abort();
      resolve();
    };
    document.addEventListener('visibilitychange', look, { signal: over.signal });
    ended.addEventListener('abort', look, { signal: over.signal });
    look();
  });
}

/** A signal that is given once the page is hidden, and how to stop looking. */
function onceHidden(): [signal: AbortSignal, forget: () => void] {
  const hidden = new AbortController();
  const look = () => {
    if (isHidden()) hidden.abort(new Error('the page is hidden'));
  };
  document.addEventListener('visibilitychange', look);
  return [hidden.signal, () => document.removeEventListener('visibilitychange', look)];
}

interface Heard {
  lastId: string;
  any: boolean;
}

/** The end of a connection, and a summary of its events. */
class Broken extends Error {
  readonly heard: Heard;

  constructor(message: string, heard: Heard) {
    super(message);
    this.heard = heard;
  }
}

/** One connection, from its request to its end, which is always a Broken. It leaves no response open. */
async function attempt(options: StreamOptions, over: AbortSignal, lastId: string): Promise<Heard> {
  const { url, onEvent, onLive, fetch = globalThis.fetch, firstWithin = 6_000, quietFor = 40_000 } = options;
  const heard: Heard = { lastId, any: false };
  const silence = new AbortController();
  const tooQuiet = () => silence.abort(new Error('nothing arrives on the stream'));
  let watch = setTimeout(tooQuiet, firstWithin);
  const sign = () => {
    clearTimeout(watch);
    watch = setTimeout(tooQuiet, quietFor);
  };
  // A connection that the network took away is silent, which would be noticed much later.
  window.addEventListener('offline', tooQuiet, { signal: silence.signal });
  const parser = createParser({
    onEvent: (event) => {
      sign();
      if (!heard.any) onLive(true);
      heard.any = true;
      if (event.id) heard.lastId = event.id;
      onEvent(event);
    },
    onComment: sign,
  });
  try {
    const response = await fetch(url, {
      headers: { Accept: 'text/event-stream', ...(lastId ? { 'Last-Event-ID': lastId } : {}) },
      cache: 'no-store',
      signal: AbortSignal.any([over, silence.signal]),
    });
    if (!response.ok || !response.body || !response.headers.get('content-type')?.includes('event-stream')) {
      throw new Error(`the stream was answered with ${response.status}`);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error('the stream ended');
      parser.feed(value);
    }
  } catch (error) {
    throw new Broken(error instanceof Error ? error.message : String(error), heard);
  } finally {
    clearTimeout(watch);
    silence.abort(); // for an answer that was not to be read on, such as after a callback that threw
  }
}

/** Waits, unless the stream ends, or the network or the person returns, which is worth an attempt at once. */
function sleep(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const wake = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(wake, ms);
    ended.addEventListener('abort', wake, { signal: over.signal });
    window.addEventListener('online', wake, { signal: over.signal });
    document.addEventListener('visibilitychange', wake, { signal: over.signal });
  });
}
