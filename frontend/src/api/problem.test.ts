import { expect, test } from 'vitest';
import { isUnfetched } from './problem';

test.each([
  'Failed to fetch dynamically imported module: http://localhost/assets/runs.js', // Chromium
  'error loading dynamically imported module: http://localhost/assets/runs.js', // Firefox
  'Importing a module script failed.', // Safari
  'Unable to preload CSS for /assets/runs.css', // Vite
])('%s: the page could not be fetched', (message) => {
  expect(isUnfetched(new TypeError(message))).toBe(true);
});

test('a fault of the page is none of the network', () => {
  expect(isUnfetched(new TypeError("Cannot read properties of undefined (reading 'important')"))).toBe(false);
  expect(isUnfetched('import')).toBe(false);
});
