// Fails when package-lock.json, or the one that is named, lets npm install what nobody has looked at:
// node scripts/lock.mjs [package-lock.json]
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const REGISTRY = 'https://registry.npmjs.org/';

/** @typedef {{ version?: string, resolved?: string, integrity?: string, link?: boolean }} Locked */

/**
 * What is wrong with a lock file, a line for each package. npm installs a package without a digest as the registry, or
 * whatever stands in for it, sends it.
 * @param {{ packages?: Record<string, Locked> }} lock
 * @returns {string[]}
 */
export function faultsOf({ packages = {} }) {
  const all = Object.entries(packages).filter(([path]) => path !== '');
  if (all.length === 0) return ['it names no package'];
  return all.flatMap(([path, { version, resolved = REGISTRY, integrity = '', link }]) => {
    const name = `${path.replace(/^.*node_modules\//, '')} ${version ?? ''}`.trim();
    if (link) return [`${name} is a link, whose files have no digest`];
    if (!resolved.startsWith(REGISTRY)) return [`${name} comes from ${resolved} instead of ${REGISTRY}`];
    return /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity) ? [] : [`${name} has no digest (integrity sha512)`];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = resolve(process.argv[2] ?? join(import.meta.dirname, '../package-lock.json'));
  const faults = faultsOf(JSON.parse(readFileSync(file, 'utf8')));
  if (faults.length > 0) {
    process.stderr.write(
      `lock: ${file}:\n${faults.map((fault) => `  ${fault}\n`).join('')}` +
        'Remove package-lock.json and node_modules, and run npm install: it writes all digests.\n',
    );
    process.exitCode = 1;
  }
}
