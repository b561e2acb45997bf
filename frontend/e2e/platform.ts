import { type APIRequestContext, test as base, expect, type Page, type TestInfo } from '@playwright/test';
import { guard } from './guard';
import { startLocal } from './local';
import { type Separate, startSeparate } from './separate';

export { expect };

interface WorkerFixtures {
  /** A fresh platform of this Playwright worker, or the one at FUALAB_E2E_URL. */
  platform: { url: string };
  /** Another one, which stays empty. */
  emptyPlatform: { url: string };
  /** A platform in processes of its own, which a test can stop and start. */
  separate: Separate;
}

interface TestFixtures {
  /** The API, at the origin that pages have. */
  api: APIRequestContext;
  /** Faults of pages that a test brings about. */
  tolerated: RegExp;
}

const given = process.env.FUALAB_E2E_URL;

/** Skips a test that must have a platform as new, or one that it may stop, when there is one that was given. */
export function needsOwn(info: TestInfo): void {
  info.skip(Boolean(given), `needs a platform of its own; FUALAB_E2E_URL says to test ${given}`);
}

/** Never answers a page that asks for its stream of events, so that no event has it read anything again. */
export async function holdEvents(page: Page): Promise<void> {
  await page.route('**/api/events', () => undefined);
}

/**
 * A test on a real platform. `page`, and every other page of its context, fails it on an error in the console
 * and on a request to another host.
 */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  platform: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from it which fixtures are needed
    async ({}, use) => {
      if (given) return use({ url: new URL(given).origin });
      const local = await startLocal();
      await use(local);
      await local.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  emptyPlatform: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      if (given) return use({ url: '' }); // for a test that is skipped
      const local = await startLocal();
      await use(local);
      await local.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  separate: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      if (given) return use({} as Separate); // as above
      const separate = await startSeparate();
      await use(separate);
      await separate.stop();
    },
    { scope: 'worker', timeout: 900_000 }, // the web server takes minutes to build, the first time
  ],
  tolerated: [/^$/, { option: true }],
  baseURL: async ({ platform }, use) => use(platform.url),
  context: async ({ context, baseURL, tolerated }, use) => {
    const faults = guard(context, baseURL ?? '', tolerated);
    await use(context);
    expect(faults, 'what no page may do').toEqual([]);
  },
  api: async ({ request }, use) => use(request),
});

/** A test on a platform in which there is nothing, as it is when it first starts. */
export const testEmpty = test.extend({
  baseURL: async ({ emptyPlatform }, use, info) => {
    needsOwn(info);
    await use(emptyPlatform.url);
  },
});

/** A test that stops and starts parts of its platform; each part runs again when the next one begins. */
export const testSeparate = test.extend({
  baseURL: async ({ separate }, use, info) => {
    needsOwn(info);
    await separate.whole();
    await use(separate.url);
  },
});
