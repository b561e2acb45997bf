// Fails when src/api/schema.d.ts is not what `npm run types` would write.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const frontend = join(import.meta.dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'fualab-types-'));
try {
  const made = join(dir, 'schema.d.ts');
  execFileSync(
    process.execPath,
    [
      join(frontend, 'node_modules/openapi-typescript/bin/cli.js'),
      join(frontend, '../api/openapi.json'),
      '--output',
      made,
    ],
    { cwd: frontend, stdio: ['ignore', 'ignore', 'inherit'], timeout: 60_000 },
  );
  if (readFileSync(made, 'utf8') !== readFileSync(join(frontend, 'src/api/schema.d.ts'), 'utf8')) {
    process.stderr.write(
      'types: src/api/schema.d.ts is not that of api/openapi.json: npm run types writes it\n',
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
