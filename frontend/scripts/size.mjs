// Prints the files of a first visit to each page, and fails when the scripts of one are larger than the budget. The
// overview counts with each card of the product by itself, so that no part of the product has less room for another:
// node scripts/size.mjs [directory of the built client]
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const BUDGET = 60_000; // bytes of JavaScript, compressed with gzip

// A file of this name is imported only when a person asks for it, or the API for a token, or in a platform that is
// still empty. Every other import() of a page counts: a first visit may come to it.
const LATER = /\.later\.tsx?$/;

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
/** @type {Record<string, { files: string[], cards?: string[] }>} */
const pages = JSON.parse(read(join(dist, '.vite/pages.json')));
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
  const others = dynamicImports.filter((one) => !LATER.test(one) && !ofPages.has(one));
  for (const one of [...imports, ...others]) files(one, found);
  return found;
}

// The pages of entities are there without a product, too, where no address leads to them.
const ofPages = new Set([
  'src/list/page.tsx',
  'src/form/page.tsx',
  ...Object.values(pages).flatMap(({ files, cards = [] }) => [...files, ...cards]),
]);
const compressed = (/** @type {string} */ file) => gzipSync(read(join(dist, file)), { level: 9 }).length;
const sum = (/** @type {Iterable<string>} */ all) =>
  [...all].reduce((bytes, file) => bytes + compressed(file), 0);
const bytes = (/** @type {number} */ n) => `${String(n).replace(/\B(?=(\d{3})+$)/g, ',')} B`.padStart(10);

const scripts = [...html.matchAll(/<script[^>]*\ssrc="\/([^"]+)"/g)].map(([, path]) => path ?? '');
const styles = [...html.matchAll(/<link[^>]*rel="stylesheet"[^>]*href="\/([^"]+)"/g)].map(
  ([, path]) => path ?? '',
);
if (scripts.length === 0) fail(`${dist}/index.html has no script: was it built by npm run build?`, 2);
const base = files('index.html', new Set(scripts.filter((file) => file !== chunk('index.html').file)));

say('First visit, scripts compressed with gzip:');
say(`${bytes(sum(base))}  of which every page`);
const over = [];
const visits = Object.entries(pages).flatMap(([path, { files, cards = [] }]) =>
  cards.length === 0
    ? [{ path, names: files }]
    : cards.map((card) => ({ path: `${path} with ${card}`, names: [...files, card] })),
);
for (const { path, names } of visits) {
  const all = new Set(base);
  for (const name of names) files(name, all);
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
