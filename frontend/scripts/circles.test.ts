import { expect, test } from 'vitest';
import { faultsOf } from './circles.mjs';

const good = {
  'product.ts': "export const product = [() => import('./notes/notes')];",
  'pages.tsx': "import { product } from './product';\nimport { file } from './ui/file';",
  'notes/notes.tsx': "import { file } from '../ui/file';\nimport './notes.css';",
  'notes/notes.css': '',
  'ui/file.ts': "localStorage.getItem('x');",
  'style/parts.css': 'align-items: center;',
};

test.each([
  ['nothing', {}, []],
  [
    'the kit that imports the product',
    { 'ui/file.ts': "import { notes } from '../notes/notes';" },
    [
      'ui/file.ts (kit) imports notes/notes.tsx (product)',
      'cycle: notes/notes.tsx -> ui/file.ts -> notes/notes.tsx',
    ],
  ],
  [
    'the kit that imports the platform, be it later',
    { 'console/runs.tsx': '', 'ui/file.ts': "await import('../console/runs')" },
    ['ui/file.ts (kit) imports console/runs.tsx (platform)'],
  ],
  [
    'the platform that imports a part of the product',
    { 'console/runs.tsx': "import { type Note } from '../notes/notes';" },
    ['console/runs.tsx (platform) imports notes/notes.tsx (product)'],
  ],
  [
    'a page that asks for the parts',
    { 'console/runs.tsx': "import { product } from '../product';" },
    ['console/runs.tsx (platform) imports product.ts (list)'],
  ],
  [
    'a part that asks for the parts, and so for itself',
    { 'notes/notes.tsx': "import { product } from '../product';" },
    [
      'notes/notes.tsx (product) imports product.ts (list)',
      'cycle: product.ts -> notes/notes.tsx -> product.ts',
    ],
  ],
  [
    'the sample outside of the product',
    { 'ui/file.ts': '\n// of an item', 'items/items.tsx': '// of an item' },
    ['ui/file.ts:2 names the sample: // of an item'],
  ],
])('finds %s', (_, change, faults) => {
  expect(faultsOf({ ...good, ...change })).toEqual(faults);
});
