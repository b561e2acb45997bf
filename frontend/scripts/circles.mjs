// Fails when a file of src/ imports against the direction of the circles, or imports itself through others, or when the
// sample of the product is named outside of it: node scripts/circles.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';

const KIT = ['api', 'chart', 'form', 'imports', 'list', 'live', 'style', 'ui'];
const PLATFORM = ['auth', 'console', 'first']; // and the files of src/ itself
const LIST = 'product.ts'; // the product's parts; each other folder is one of them

// The files of the platform that may read the list.
const ASKS = ['cards.ts', 'first/pages.ts', 'pages.tsx', 'subjects.ts'];

const SAMPLE = /item/i;
// Names of the browser and of CSS.
const ELSEWHERE = /\b(?:get|set|remove|named)Item\b|\b(?:align|justify|place)-items\b/g;

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g;
const ENDINGS = ['', '.ts', '.tsx', '.d.ts'];

/** @param {string} file its path in src/ @returns {'kit' | 'platform' | 'list' | 'product'} */
function circleOf(file) {
  const [folder = '', ...below] = file.split('/');
  if (file === LIST) return 'list';
  if (below.length === 0 || PLATFORM.includes(folder)) return 'platform';
  return KIT.includes(folder) ? 'kit' : 'product';
}

/** @param {string} from @param {string} to */
function mayImport(from, to) {
  const [here, there] = [circleOf(from), circleOf(to)];
  if (here === 'kit') return there === 'kit';
  if (there === 'list') return ASKS.includes(from);
  return here !== 'platform' || there !== 'product';
}

/**
 * The faults, a line each.
 * @param {Readonly<Record<string, string>>} files the text of each file, by its path in src/
 * @returns {string[]}
 */
export function faultsOf(files) {
  /** @param {string} file */
  const importsOf = (file) =>
    [...(files[file] ?? '').matchAll(IMPORT)].flatMap(([, path = '']) => {
      const target = posix.join(posix.dirname(file), path);
      return ENDINGS.map((ending) => target + ending).filter((name) => name in files);
    });
  const graph = new Map(Object.keys(files).map((file) => [file, importsOf(file)]));
  const wrong = [...graph].flatMap(([file, imports]) =>
    imports
      .filter((other) => !mayImport(file, other))
      .map((other) => `${file} (${circleOf(file)}) imports ${other} (${circleOf(other)})`),
  );
  const named = Object.entries(files)
    .filter(([file]) => !['list', 'product'].includes(circleOf(file)))
    .flatMap(([file, text]) =>
      text
        .split('\n')
        .flatMap((line, i) =>
          SAMPLE.test(line.replace(ELSEWHERE, ''))
            ? [`${file}:${i + 1} names the sample: ${line.trim()}`]
            : [],
        ),
    );
  return [...wrong, ...cyclesOf(graph), ...named];
}

/** @param {ReadonlyMap<string, string[]>} graph @returns {string[]} */
function cyclesOf(graph) {
  /** @type {string[]} */
  const found = [];
  /** @type {Set<string>} */
  const done = new Set();
  /** @param {string} file @param {string[]} way */
  const visit = (file, way) => {
    if (way.includes(file)) {
      found.push(`cycle: ${[...way.slice(way.indexOf(file)), file].join(' -> ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** @param {string} src @returns {Record<string, string>} */
function read(src) {
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.(tsx?|js|css)$/.test(name) && name !== 'api/schema.d.ts');
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(src, name), 'utf8')]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = faultsOf(read(join(import.meta.dirname, '../src')));
  if (faults.length > 0) {
    process.stderr.write(`circles: ${faults.join('\n  ')}\n`);
    process.exitCode = 1;
  }
}
