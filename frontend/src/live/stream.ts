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
  while (!ended.aborted) {
    const heard = await attempt(options, ended, lastId).catch((error: unknown) => {
      if (!ended.aborted) options.onLive(false, error instanceof Error ? error.message : String(error));
      return error instanceof Broken ? error.heard : { lastId, any: false };
    });
    lastId = heard.lastId;
    pause = heard.any ? retryAfter : Math.min(pause * 2, retryAtMost);
    await sleep(pause * (0.75 + Math.random() / 2), ended);
  }
}

interface Heard {
  lastId: string;
  any: boolean;
}

/** The end of a connection, with what came before it. */
class Broken extends Error {
  readonly heard: Heard;

  constructor(message: string, heard: Heard) {
    super(message);
    this.heard = heard;
  }
}

/** One connection, from its request to its end, which is always a Broken. */
async function attempt(options: StreamOptions, ended: AbortSignal, lastId: string): Promise<Heard> {
  const { url, onEvent, onLive, fetch = globalThis.fetch, firstWithin = 6_000, quietFor = 40_000 } = options;
  const heard: Heard = { lastId, any: false };
  const silence = new AbortController();
  const tooQuiet = () => silence.abort(new Error('nothing arrives on the stream'));
  let watch = setTimeout(tooQuiet, firstWithin);
  const sign = () => {
    clearTimeout(watch);
    watch = setTimeout(tooQuiet, quietFor);
  };
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
      signal: AbortSignal.any([ended, silence.signal]),
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
  }
}

/** Waits, unless the stream ends, or the network returns, which is worth an attempt at once. */
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
  });
}
