import preact from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';

// The API that `npm run dev` passes requests on to.
const api = process.env.FUALAB_API_UPSTREAM ?? 'http://127.0.0.1:8000';
const apiPaths = ['/api', '/health', '/ready', '/docs', '/openapi.json'];

export default defineConfig({
  plugins: [preact()],
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0, // the content security policy allows no data: scripts or fonts
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: Object.fromEntries(apiPaths.map((path) => [path, { target: api }])),
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
