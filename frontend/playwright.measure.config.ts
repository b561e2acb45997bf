import { defineConfig } from '@playwright/test';
import base from './playwright.config';

/** Tests that are run for their output: pictures of every page, and figures. */
export default defineConfig(base, {
  testDir: 'measure',
  workers: 1, // nothing else is to take the time that is measured
  reporter: 'list',
  use: { trace: 'off' },
  projects: [
    { name: 'screenshots', testMatch: 'screenshots.ts', timeout: 240_000 },
    { name: 'lighthouse', testMatch: ['lighthouse.ts', 'interactive.ts'], timeout: 600_000 },
    { name: 'many', testMatch: 'many.ts', timeout: 600_000 },
  ],
});
