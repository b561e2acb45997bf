import { queryClient } from './api/queries';
import { fetchCards, readCards } from './cards';
import { lastRunsQuery, readyQuery, schedulesQuery, workersQuery } from './console/queries';
import type { Entity } from './list/entity';
import type { Part } from './part';
import { product } from './product';
import { type File, file } from './ui/fetching';

/** A page: its address, its code in a file that is fetched when it is first needed, and its first reads. */
export interface Place {
  path: string;
  /** In the navigation. */
  title?: string;
  code: File<{ id: string }>;
  read?: (search: string) => Promise<unknown>;
}

const page = file<{ id: string }>;
const fetch: typeof queryClient.prefetchQuery = (options) => queryClient.prefetchQuery(options);

/** All pages, in the order of the navigation. */
export const places: readonly Place[] = [
  {
    path: '/',
    title: 'Overview',
    code: page(async () => {
      const [{ Overview }] = await Promise.all([import('./console/overview/overview'), fetchCards()]);
      return Overview;
    }),
    read: () => Promise.all([fetch(lastRunsQuery()), readCards()]),
  },
  ...product.flatMap(placesOf),
  {
    path: '/schedules',
    title: 'Schedules',
    code: page(() => import('./console/schedules/schedules').then((m) => m.Schedules)),
    read: () => fetch(schedulesQuery()),
  },
  { path: '/runs', title: 'Runs', code: page(() => import('./console/runs/runs').then((m) => m.Runs)) },
  { path: '/runs/:id', code: page(() => import('./console/runs/run').then((m) => m.RunPage)) },
  {
    path: '/workers',
    title: 'Workers',
    code: page(() => import('./console/workers/workers').then((m) => m.Workers)),
    read: () => fetch(workersQuery()),
  },
  { path: '/tokens', code: page(() => import('./console/tokens/tokens').then((m) => m.Tokens)) },
];

/** The pages of an entity: its list, and one row of it. */
function placesOf(part: Part): Place[] {
  const path = `/${part.name}`;
  const entity = async (): Promise<Entity> => ({ ...part, ...(await part.entity()) });
  return [
    {
      path,
      title: part.title,
      code: page(async () => {
        const [of, { ListPage }] = await Promise.all([entity(), import('./list/page')]);
        return of.List ?? (() => <ListPage entity={of} />);
      }),
      read: async (search) => {
        const [of, { readFirst }] = await Promise.all([entity(), import('./list/page')]);
        return readFirst(of, search);
      },
    },
    {
      path: `${path}/:id`,
      code: page(async () => {
        const [of, { RowPage }] = await Promise.all([entity(), import('./form/page')]);
        return of.One ?? (({ id }) => <RowPage entity={of} id={id} />);
      }),
    },
  ];
}

/** Fetches at once the code of the page at an address, and the data that it shows first. */
export async function prepare(path: string, search = ''): Promise<void> {
  const [, area = '', id = ''] = path.split('/');
  const place = places.find((one) => one.path === (id ? `/${area}/:id` : `/${area}`));
  void fetch(readyQuery());
  await Promise.allSettled([place?.code.load(), place?.read?.(search)]);
}
