import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { executablePath } from '../e2e/chromium';
import { expect, test } from '../e2e/platform';
import { enriched, seed } from '../e2e/seed';

// Lighthouse on the built client: a middling phone, its processor and its network, as Lighthouse emulates it.

const run = promisify(execFile);
const LEAST = 95;
const RUNS = 3;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;
const FIGURES = {
  FCP: 'first-contentful-paint',
  LCP: 'largest-contentful-paint',
  TBT: 'total-blocking-time',
  CLS: 'cumulative-layout-shift',
  TTI: 'interactive',
} as const;

interface Report {
  categories: Record<string, { score: number | null } | undefined>;
  audits: Record<string, { score: number | null; numericValue?: number; title: string } | undefined>;
}

let seeded = false;

for (const path of ['/', '/items']) {
  test(`${path} is worth at least ${LEAST}`, async ({ api, platform }) => {
    if (!seeded) {
      await seed(api, 1_000);
      await enriched(api);
      seeded = true;
    }
    const dir = await mkdtemp(join(tmpdir(), 'fualab-lighthouse-'));
    try {
      const reports: Report[] = [];
      for (let n = 0; n < RUNS; n++)
        reports.push(await measure(`${platform.url}${path}`, join(dir, `${n}.json`)));
      const middle = (of: (report: Report) => number) =>
        reports.map(of).sort((a, b) => a - b)[1] ?? Number.NaN;
      const scores = Object.fromEntries(
        CATEGORIES.map((name) => [name, Math.round(100 * middle((r) => r.categories[name]?.score ?? 0))]),
      );
      const figures = Object.entries(FIGURES).map(([name, audit]) => {
        const value = middle((report) => report.audits[audit]?.numericValue ?? Number.NaN);
        return `${name} ${name === 'CLS' ? value.toFixed(3) : `${Math.round(value)} ms`}`;
      });
      process.stdout.write(`${path}, median of ${RUNS}: ${JSON.stringify(scores)}, ${figures.join(', ')}\n`);
      for (const name of CATEGORIES) {
        expect.soft(scores[name], `${name}: ${lacking(reports[0])}`).toBeGreaterThanOrEqual(LEAST);
      }
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
}

async function measure(url: string, to: string): Promise<Report> {
  await run(
    process.execPath,
    [
      resolve(import.meta.dirname, '../node_modules/lighthouse/cli/index.js'),
      url,
      '--quiet',
      '--output=json',
      `--output-path=${to}`,
      `--only-categories=${CATEGORIES.join(',')}`,
      `--chrome-flags=--headless=new ${process.getuid?.() === 0 ? '--no-sandbox' : ''}`,
      '--no-enable-error-reporting',
    ],
    { env: { ...process.env, ...(executablePath ? { CHROME_PATH: executablePath } : {}) }, timeout: 120_000 },
  );
  return JSON.parse(await readFile(to, 'utf8')) as Report;
}

/** The audits that are not passed. */
function lacking(report: Report | undefined): string {
  return Object.values(report?.audits ?? {})
    .filter((audit) => audit?.score !== null && audit !== undefined && audit.score < 0.9)
    .map((audit) => audit?.title)
    .join('; ');
}
