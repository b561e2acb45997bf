import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, buildClient } from './build';
import { needChromium } from './chromium';

/** Builds, once a run, the programs of every platform; for a platform that was given, nothing. */
export default async function setup(): Promise<() => Promise<void>> {
  needChromium();
  const dir = await mkdtemp(join(tmpdir(), 'fualab-e2e-'));
  process.env.FUALAB_E2E_DIR = dir;
  const teardown = () => rm(dir, { recursive: true, force: true });
  try {
    if (!process.env.FUALAB_E2E_URL) {
      await buildClient();
      await binary('fualab-local');
    }
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
