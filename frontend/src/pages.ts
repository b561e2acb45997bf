import {
  itemStatsQuery,
  itemsQuery,
  lastRunsQuery,
  queryClient,
  readyQuery,
  schedulesQuery,
  workersQuery,
} from './api/queries';
import { file } from './ui/fetching';

/** The pages' code: a file each, fetched when it is first needed. */
export const pages = {
  overview: file(() => import('./overview/overview').then((m) => m.Overview)),
  items: file(() => import('./items/items').then((m) => m.Items)),
  item: file(() => import('./items/item').then((m) => m.ItemPage)),
  schedules: file(() => import('./schedules/schedules').then((m) => m.Schedules)),
  runs: file(() => import('./runs/runs').then((m) => m.Runs)),
  run: file(() => import('./runs/run').then((m) => m.RunPage)),
  workers: file(() => import('./workers/workers').then((m) => m.Workers)),
};

/** Fetches at once what the page at an address will need: its code, and what it shows first. */
export async function prepare(path: string, search = ''): Promise<void> {
  const [, area = '', id = ''] = path.split('/');
  void read(readyQuery());
  await Promise.allSettled(needs(area, id, search));
}

function needs(area: string, id: string, search: string): Promise<unknown>[] {
  switch (area) {
    case '':
      return [
        pages.overview.load(),
        read(itemsQuery({ limit: 1 })),
        read(itemStatsQuery()),
        read(lastRunsQuery()),
      ];
    case 'items':
      if (id) return [pages.item.load()];
      return [pages.items.load(), import('./items/items').then(({ readFirst }) => readFirst(search))];
    case 'schedules':
      return [pages.schedules.load(), read(schedulesQuery())];
    case 'runs':
      return [id ? pages.run.load() : pages.runs.load()];
    case 'workers':
      return [pages.workers.load(), read(workersQuery())];
    default:
      return [];
  }
}

const read: typeof queryClient.prefetchQuery = (options) => queryClient.prefetchQuery(options);
