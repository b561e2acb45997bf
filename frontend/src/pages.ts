import {
  itemStatsQuery,
  itemsQuery,
  lastRunsQuery,
  queryClient,
  readyQuery,
  schedulesQuery,
  workersQuery,
} from './api/queries';
import { parseView, queryOf } from './items/view';

/** The pages' code: a file each, fetched when it is first needed. */
export const load = {
  overview: () => import('./overview/overview').then((m) => m.Overview),
  items: () => import('./items/items').then((m) => m.Items),
  item: () => import('./items/item').then((m) => m.ItemPage),
  schedules: () => import('./schedules/schedules').then((m) => m.Schedules),
  runs: () => import('./runs/runs').then((m) => m.Runs),
  run: () => import('./runs/run').then((m) => m.RunPage),
  workers: () => import('./workers/workers').then((m) => m.Workers),
};

/** Fetches at once what the page at an address will need: its code, and what it shows first. */
export function prepare(path: string, search = ''): void {
  const [, area = '', id = ''] = path.split('/');
  switch (area) {
    case '':
      void Promise.allSettled([
        load.overview(),
        read(itemsQuery({ limit: 1 })),
        read(itemStatsQuery()),
        read(lastRunsQuery()),
      ]);
      break;
    case 'items':
      void Promise.allSettled(
        id ? [load.item()] : [load.items(), read(itemsQuery(queryOf(parseView(search))))],
      );
      break;
    case 'schedules':
      void Promise.allSettled([load.schedules(), read(schedulesQuery())]);
      break;
    case 'runs':
      void Promise.allSettled([id ? load.run() : load.runs()]);
      break;
    case 'workers':
      void Promise.allSettled([load.workers(), read(workersQuery())]);
      break;
  }
  void read(readyQuery());
}

const read: typeof queryClient.prefetchQuery = (options) => queryClient.prefetchQuery(options);
