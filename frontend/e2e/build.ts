import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const frontend = resolve(import.meta.dirname, '..');
export const repository = resolve(frontend, '..');

/** The directory of this run, which setup makes and removes. */
export function runDir(): string {
  const dir = process.env.FUALAB_E2E_DIR;
  if (!dir) throw new Error('FUALAB_E2E_DIR is not set: run this by playwright test');
  return dir;
}

/** Where the built client is: a directory of its own, so that a build meanwhile changes nothing. */
export const clientDir = () => join(runDir(), 'frontend', 'dist');

const packages = {
  'fualab-local': ['.', './ops/local'],
  'fualab-api': ['.', './api/cmd/fualab-api'],
  'fualab-worker': ['.', './worker/cmd/fualab-worker'],
  caddy: ['ops/tools/caddy', 'github.com/caddyserver/caddy/v2/cmd/caddy'],
} as const;

/** Builds a program, once a run, and returns its path. */
export async function binary(name: keyof typeof packages): Promise<string> {
  const given = process.env[`FUALAB_E2E_${name.replace('fualab-', '').toUpperCase()}`];
  if (given) return resolve(given);
  const path = join(runDir(), name);
  if (existsSync(path)) return path;
  const [dir, target] = packages[name];
  const made = `${path}.${process.pid}`; // two workers may build it at a time
  const workspace = dir === '.';
  // Programs outside of the workspace are compiled as the Go tests do. That takes minutes, and is not done twice.
  await run('go', ['build', '-buildvcs=false', ...(workspace ? [] : ['-trimpath']), '-o', made, target], {
    cwd: join(repository, dir),
    env: { ...process.env, ...(workspace ? {} : { GOWORK: 'off', CGO_ENABLED: '0' }) },
    timeout: 600_000,
  });
  await rename(made, path);
  return path;
}

/** Builds the client, or takes the one in dist as it is when FUALAB_E2E_NO_BUILD is set. */
export async function buildClient(): Promise<void> {
  await mkdir(clientDir(), { recursive: true });
  await writeFile(join(runDir(), 'go.work'), ''); // marks a repository, so that its frontend is served
  if (process.env.FUALAB_E2E_NO_BUILD) {
    await cp(join(frontend, 'dist'), clientDir(), { recursive: true });
    return;
  }
  await run(
    process.execPath,
    [join(frontend, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', clientDir(), '--emptyOutDir'],
    { cwd: frontend, timeout: 180_000 },
  );
}
