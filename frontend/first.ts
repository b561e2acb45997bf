import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plugin, type Rolldown, runnerImport } from 'vite';
import type { First } from './src/first/pages.ts';

const SOURCE = 'src/first/start.js';
const PAGES = 'src/first/pages.ts';

/** Puts src/first/start.js, with the files of each page, before all other scripts. */
export function firstVisit(): Plugin {
  let src = `/${SOURCE}`; // in development, where pages have no files of their own
  let imported: string[] = [];
  return {
    name: 'first-visit',
    async generateBundle(_, bundle) {
      const [entry, ...others] = closureOf(entryOf(bundle), bundle);
      imported = others;
      // By Vite's own runner, which leaves import() alone: product.ts names pages that only a browser can run.
      const { module } = await runnerImport<{ pages: Readonly<Record<string, First>> }>(
        join(import.meta.dirname, PAGES),
        { configFile: false },
      );
      const known = Object.fromEntries(
        Object.entries(module.pages).map(([path, { files, cards = [], reads }]) => {
          const all = new Set([...files, ...cards].flatMap((file) => filesOf(file, bundle)));
          return [
            path,
            { files: [...all].filter((file) => file !== entry && !others.includes(file)), reads },
          ];
        }),
      );
      // For scripts/size.mjs.
      this.emitFile({ type: 'asset', fileName: '.vite/pages.json', source: JSON.stringify(module.pages) });
      const source = readFileSync(join(import.meta.dirname, SOURCE), 'utf8')
        .replace(/^\s*\/\/.*\n/gm, '')
        .replace('/* pages */ {}', JSON.stringify(known));
      const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
      src = `/assets/start-${hash}.js`;
      this.emitFile({ type: 'asset', fileName: src.slice(1), source });
    },
    transformIndexHtml: {
      order: 'post',
      handler: () => [
        { tag: 'script', attrs: { src }, injectTo: 'head-prepend' },
        ...imported.map((href) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href },
          injectTo: 'head' as const,
        })),
      ],
    },
  };
}

/** The addresses of a script and of its imports. */
function filesOf(source: string, bundle: Rolldown.OutputBundle): string[] {
  const root = chunksOf(bundle).find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/${source}`));
  if (!root) throw new Error(`${PAGES}: ${source} is no file that is fetched by itself`);
  return closureOf(root, bundle);
}

/** A script and all that it imports, itself first. */
function closureOf(
  chunk: Rolldown.OutputChunk,
  bundle: Rolldown.OutputBundle,
  found: string[] = [],
): string[] {
  const file = `/${chunk.fileName}`;
  if (found.includes(file)) return found;
  found.push(file);
  for (const name of chunk.imports) {
    const next = bundle[name];
    // A chunk of nothing but styles goes before the build ends.
    if (next?.type === 'chunk' && next.code.trim() !== '') closureOf(next, bundle, found);
  }
  return found;
}

function entryOf(bundle: Rolldown.OutputBundle): Rolldown.OutputChunk {
  const entry = chunksOf(bundle).find(({ isEntry }) => isEntry);
  if (!entry) throw new Error('the build has no entry');
  return entry;
}

function chunksOf(bundle: Rolldown.OutputBundle): Rolldown.OutputChunk[] {
  return Object.values(bundle).filter((file) => file.type === 'chunk');
}
