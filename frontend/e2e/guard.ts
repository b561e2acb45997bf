import type { BrowserContext } from '@playwright/test';

/**
 * Notes what no page may do: report an error, or ask another host. What a page logs of answers of 4xx is the
 * browser's own line about what the page handles.
 */
export function guard(context: BrowserContext, origin: string, tolerated: RegExp): string[] {
  const faults: string[] = [];
  const note = (fault: string) => {
    if (!tolerated.test(fault)) faults.push(fault);
  };
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    if (/^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())) return;
    note(`console.error: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => note(`uncaught: ${error.error().stack ?? error.error().message}`));
  context.on('request', (request) => {
    const url = request.url();
    if (/^(data|blob|about):/.test(url) || new URL(url).origin === origin) return;
    note(`foreign request: ${url}`);
  });
  return faults;
}
