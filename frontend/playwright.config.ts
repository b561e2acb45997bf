import { defineConfig } from '@playwright/test';
import { chromium } from './e2e/chromium';

// Playwright empties its folder when it begins, and a run on a given platform may go on beside one on its own.
const target = process.env.FUALAB_E2E_URL ? 'given' : 'own';

export default defineConfig({
  testDir: 'e2e',
  outputDir: `test-results/${target}`,
  globalSetup: './e2e/setup.ts',
  timeout: 40_000,
  expect: { timeout: 6_000 },
  workers: process.env.FUALAB_E2E_URL ? 1 : 2, // each has a platform of its own, unless one was given
  retries: 0, // a test that fails now and then is a fault to find
  forbidOnly: Boolean(process.env.CI),
  reporter: process.env.CI
    ? [['list'], ['html', { open: 'never', outputFolder: `playwright-report/${target}` }]]
    : 'list',
  use: {
    ...chromium,
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    screenshot: 'only-on-failure',
    trace: process.env.FUALAB_E2E_TRACE ? 'on' : 'off', // recording takes about as long as the test
    actionTimeout: 8_000,
    navigationTimeout: 15_000,
  },
});
