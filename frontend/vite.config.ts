import preact from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';
import { firstVisit } from './first.ts';

// The API that `npm run dev` passes requests on to.
const api = process.env.FUALAB_API_UPSTREAM ?? 'http://127.0.0.1:8000';
const apiPaths = ['/api', '/health', '/ready', '/docs', '/openapi.json'];

// Modules that pages share, in few files: divided as they would be, they compress less, and most would be of a few
// hundred bytes and a request each.
const groups = [
  { name: 'base', test: isBase },
  {
    name: 'edit',
    test: /\/src\/ui\/(dialog|needs|unsaved|bad-address|selection|copy)|\/src\/list\/held|\/useMutation/,
  },
  {
    name: 'form',
    test: /\/src\/(form\/(?!page|json\.|facts)|list\/(store|key|focus|view|last)|api\/exact)/,
  },
];

/** Whether a module is one that every page needs. */
function isBase(id: string): boolean {
  if (/\/node_modules\//.test(id))
    return !/\/(uplot|jsonc-parser|eventsource-parser)\/|\/useMutation/.test(id);
  return /\/src\/(app|pages|product|cards|subjects|list\/entity|api\/(?!exact)|console\/(queries|state|health|runs\/(took|words))|live\/(live|badge)|ui\/(?!dialog|needs|unsaved|bad-address|selection|copy|bulk))/.test(
    id,
  );
}

export default defineConfig({
  plugins: [preact(), firstVisit()],
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0, // the content security policy allows no data: scripts or fonts
    modulePreload: false, // first.ts knows the files that a page needs; a page is one file, or few
    rolldownOptions: { output: { codeSplitting: { groups } } },
    cssCodeSplit: false, // a page need not wait for a style sheet of its own
    manifest: true, // scripts/size.mjs reads it
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: Object.fromEntries(apiPaths.map((path) => [path, { target: api }])),
  },
  test: {
    environment: 'happy-dom',
    include: ['{src,scripts}/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
