import type { BrowserContext } from '@playwright/test';

/**
 * Notes the two faults that no page may have: a reported error, and a request to another host. The browser's own
 * line about an answer of 4xx from the API is no fault: the page handles that answer.
 */
export function guard(context: BrowserContext, origin: string, tolerated: RegExp): string[] {
  const faults: string[] = [];
  const note = (fault: string) => {
    if (!tolerated.test(fault)) faults.push(fault);
  };
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    const { url } = message.location();
    const refused = /^Failed to load resource: the server responded with a status of 4\d\d/.test(
      message.text(),
    );
    if (refused && new URL(url, origin).pathname.startsWith('/api/')) return;
    note(`console.error: ${message.text()} (${url})`);
  });
  context.on('weberror', (error) => note(`uncaught: ${error.error().stack ?? error.error().message}`));
  context.on('request', (request) => {
    const url = request.url();
    if (/^(data|blob|about):/.test(url) || new URL(url).origin === origin) return;
    note(`foreign request: ${url}`);
  });
  return faults;
}
