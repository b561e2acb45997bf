import { existsSync } from 'node:fs';
import { chromium as browser } from '@playwright/test';

/** The Chromium to use: CHROMIUM_PATH, the system's, or the one that Playwright has installed. */
export const executablePath =
  process.env.CHROMIUM_PATH ?? ['/usr/bin/chromium', browser.executablePath()].find(existsSync);

/** How tests start it. Root, as in a container, can have no sandbox. */
export const chromium = {
  browserName: 'chromium',
  launchOptions: {
    ...(executablePath ? { executablePath } : {}),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  },
} as const;

/** Fails, with the cure, when there is none. */
export function needChromium(): void {
  if (executablePath && existsSync(executablePath)) return;
  const where = process.env.CHROMIUM_PATH
    ? `CHROMIUM_PATH, ${process.env.CHROMIUM_PATH}, is no file`
    : 'none is installed';
  throw new Error(
    `Chromium is needed, and ${where}: apt-get install chromium, or npx playwright install chromium`,
  );
}
