// Prints what a first visit fetches, and fails when its scripts are larger than the budget:
// node scripts/size.mjs [directory of the built client]
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);

/** @param {string} why @param {number} code @returns {never} */
function fail(why, code) {
  process.stderr.write(`${why}\n`);
  process.exit(code);
}

const BUDGET = 60 * 1024; // bytes of JavaScript, compressed with gzip
const dist = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'));

let html;
try {
  html = readFileSync(join(dist, 'index.html'), 'utf8');
} catch {
  fail(`size: there is no index.html in ${dist}: npm run build makes it`, 2);
}

/** @param {string} file */
const compressed = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

/** The scripts that a script imports statically, seen from the root. @param {string} file */
function imports(file) {
  const text = readFileSync(join(dist, file), 'utf8');
  const found = text.matchAll(/(?:^|[;}\n])import\s*(?:[^"'()]*?\bfrom\s*)?["'](\.[^"']+)["']/g);
  return [...found].map(([, path]) => posix.join(posix.dirname(file), path));
}

/** @type {Set<string>} */
const first = new Set();
const left = [...html.matchAll(/<script[^>]*\ssrc="\/([^"]+)"/g)].map(([, path]) => path);
left.push(...[...html.matchAll(/rel="modulepreload"[^>]*href="\/([^"]+)"/g)].map(([, path]) => path));
while (left.length > 0) {
  const file = left.pop();
  if (!file || first.has(file)) continue;
  first.add(file);
  left.push(...imports(file));
}
if (first.size === 0) {
  fail(`size: ${dist}/index.html has no script: was it built by npm run build?`, 2);
}

const styles = [...html.matchAll(/<link[^>]*rel="stylesheet"[^>]*href="\/([^"]+)"/g)].map(([, path]) => path);
const assets = readdirSync(join(dist, 'assets')).map((name) => posix.join('assets', name));
const later = assets.filter((file) => /\.(js|css)$/.test(file) && !first.has(file) && !styles.includes(file));

/** @param {string} title @param {Iterable<string>} files */
function table(title, files) {
  const rows = [...files].map((file) => /** @type {const} */ ([file, compressed(file)]));
  rows.sort((a, b) => b[1] - a[1]);
  const sum = rows.reduce((bytes, row) => bytes + row[1], 0);
  say(`${title}, ${kib(sum)}`);
  for (const [file, bytes] of rows) say(`  ${kib(bytes).padStart(9)}  ${file}`);
  return sum;
}

/** @param {number} bytes */
function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

const scripts = table('First visit, scripts', first);
table('First visit, styles', styles);
table('Later, each when it is needed', later);
if (scripts > BUDGET) {
  fail(
    `size: the first visit's scripts are ${kib(scripts)}, over their budget of ${kib(BUDGET)}: import() what a first visit can do without`,
    1,
  );
}
say(`The first visit's scripts are within their budget of ${kib(BUDGET)}.`);
