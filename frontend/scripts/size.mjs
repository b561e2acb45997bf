// Prints what a first visit to each page fetches, and fails when its scripts are larger than the budget:
// node scripts/size.mjs [directory of the built client]
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const BUDGET = 60_000; // bytes of JavaScript, compressed with gzip

// What is imported only when a person asks for it, or the API for a token, or in a platform without items, which has no chart to draw.
// All else that a page imports by import() counts: a first visit may well come to it.
const ON_DEMAND = ['src/auth/ask.tsx', 'src/items/json.ts', 'src/items/samples.ts', 'src/overview/first.tsx'];

/** @typedef {{ file: string, imports?: string[], dynamicImports?: string[] }} Chunk */

const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);

/** @param {string} why @param {number} code @returns {never} */
function fail(why, code) {
  process.stderr.write(`size: ${why}\n`);
  process.exit(code);
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    fail(`there is no ${file}: npm run build makes it`, 2);
  }
}

const dist = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'));
/** @type {Record<string, { page: string }>} */
const pages = JSON.parse(read(join(import.meta.dirname, '../src/first/pages.json')));
/** @type {Record<string, Chunk>} */
const manifest = JSON.parse(read(join(dist, '.vite/manifest.json')));
const html = read(join(dist, 'index.html'));

/** @param {string} name @returns {Chunk} */
function chunk(name) {
  return manifest[name] ?? fail(`${name} is no file of its own in ${dist}`, 2);
}

/** The files of a script, of what it imports and, but for the pages, of what it may import later. */
function files(/** @type {string} */ name, /** @type {Set<string>} */ found = new Set()) {
  const { file, imports = [], dynamicImports = [] } = chunk(name);
  if (found.has(file)) return found;
  found.add(file);
  const others = dynamicImports.filter((one) => !ON_DEMAND.includes(one) && !isPage(one));
  for (const one of [...imports, ...others]) files(one, found);
  return found;
}

const isPage = (/** @type {string} */ name) => Object.values(pages).some(({ page }) => page === name);
const compressed = (/** @type {string} */ file) => gzipSync(read(join(dist, file)), { level: 9 }).length;
const sum = (/** @type {Iterable<string>} */ all) =>
  [...all].reduce((bytes, file) => bytes + compressed(file), 0);
const bytes = (/** @type {number} */ n) => `${String(n).replace(/\B(?=(\d{3})+$)/g, ',')} B`.padStart(10);

for (const name of ON_DEMAND) chunk(name); // they are there
const scripts = [...html.matchAll(/<script[^>]*\ssrc="\/([^"]+)"/g)].map(([, path]) => path ?? '');
const styles = [...html.matchAll(/<link[^>]*rel="stylesheet"[^>]*href="\/([^"]+)"/g)].map(
  ([, path]) => path ?? '',
);
if (scripts.length === 0) fail(`${dist}/index.html has no script: was it built by npm run build?`, 2);
const base = files('index.html', new Set(scripts.filter((file) => file !== chunk('index.html').file)));

say('First visit, scripts compressed with gzip:');
say(`${bytes(sum(base))}  of which every page`);
const over = [];
for (const [path, { page }] of Object.entries(pages)) {
  const all = files(page, new Set(base));
  const size = sum(all);
  const own = [...all]
    .filter((file) => !base.has(file))
    .map((file) => `${file} ${bytes(compressed(file)).trim()}`);
  say(`${bytes(size)}  ${path}: ${own.join(', ')}`);
  if (size > BUDGET) over.push(path);
}
say(`${bytes(sum(styles))}  styles, besides`);
if (over.length > 0) {
  fail(
    `over the budget of ${BUDGET} B: ${over.join(', ')}: import() on demand what a first visit can do without`,
    1,
  );
}
say(`Each is within its budget of ${BUDGET} B.`);
