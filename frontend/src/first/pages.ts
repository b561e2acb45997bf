import { LIMITS, NEWEST } from '../list/view';
import { product } from '../product';

/** The files of a page that are fetched by themselves, and its first requests to the API. */
export interface First {
  files: readonly string[];
  /** The files of the product's cards. */
  cards?: readonly string[];
  reads: readonly string[];
}

/** The first visit to each page, by its address. */
export const pages: Readonly<Record<string, First>> = {
  '/': {
    files: ['src/console/overview/overview.tsx'],
    cards: product.filter(({ overview }) => overview).map(({ name }) => `src/${name}/overview.tsx`),
    reads: [...product.flatMap(({ reads = [] }) => reads), '/api/runs?limit=8', '/api/ready'],
  },
  ...Object.fromEntries(
    product.flatMap(({ name, api = `/api/${name}`, sort = NEWEST }): [string, First][] => {
      const entity = `src/${name}/${name}.tsx`;
      return [
        [
          `/${name}`,
          { files: ['src/list/page.tsx', entity], reads: [`${api}?sort=${sort}&limit=${LIMITS[0]}`] },
        ],
        [`/${name}/:id`, { files: ['src/form/page.tsx', entity], reads: [`${api}/:id`] }],
      ];
    }),
  ),
  '/schedules': { files: ['src/console/schedules/schedules.tsx'], reads: ['/api/schedules'] },
  '/runs': { files: ['src/console/runs/runs.tsx'], reads: ['/api/runs?limit=50'] },
  '/runs/:id': { files: ['src/console/runs/run.tsx'], reads: ['/api/runs/:id'] },
  '/workers': { files: ['src/console/workers/workers.tsx'], reads: ['/api/workers'] },
  '/tokens': { files: ['src/console/tokens/tokens.tsx'], reads: ['/api/tokens'] },
};
