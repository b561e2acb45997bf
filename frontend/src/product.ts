import type { Part } from './part';

/** The parts of the product, in the order of the navigation. A platform without any works as well. */
export const product: readonly Part[] = [
  {
    name: 'items',
    noun: 'item',
    title: 'Items',
    subjects: ['items', 'stats'],
    imports: true,
    entity: () => import('./items/items').then((m) => m.items),
    overview: () => import('./items/overview'),
    reads: ['/api/items?limit=1', '/api/stats/items?days=30'],
  },
];
