import { api } from '../api/client';
import type { components } from '../api/schema';
import type { Named } from '../list/entity';
import { refresh } from '../list/store';

type ItemCreate = components['schemas']['ItemCreate'];

const THINGS = [
  'Desk lamp',
  'Coffee grinder',
  'Garden hose',
  'Bicycle pump',
  'Wall clock',
  'Rain jacket',
  'Notebook, A5',
  'Travel adapter',
  'Bread knife',
  'Tea kettle',
  'Wool blanket',
  'Tool box',
  'Camping stove',
  'Picture frame',
  'Door mat',
  'Folding chair',
  'Storage crate',
  'Reading glasses',
  'Watering can',
  'Extension lead',
  'Paper shredder',
  'Hand mixer',
  'Umbrella stand',
  'Spirit level',
  'Step ladder',
  'Shoe rack',
  'Thermos flask',
  'Café table',
  'Größentabelle',
  '折りたたみ傘',
];

// The same names but for case and white space: the worker links each to the oldest of its kind.
const TWINS = [
  'DESK LAMP',
  'desk  lamp',
  'Coffee Grinder',
  ' garden hose ',
  'Wall  Clock',
  'tea kettle',
  'TOOL BOX',
];

const PASSING: readonly [name: string, seconds: number][] = [
  ['Parking ticket', 60],
  ['Lunch voucher', 60],
  ['Meeting room booking', 3_600],
  ['Library loan', 7 * 86_400],
];

const COLOURS = ['red', 'green', 'blue', 'white', 'black'];

/** Some forty items to look around with: with attributes, alike ones, and ones that expire soon. */
export function samples(now: number): ItemCreate[] {
  const things = THINGS.map((name, i): ItemCreate => {
    if (i % 3 !== 0) return { name };
    return {
      name,
      description: i % 2 === 0 ? `A sample. Shelf ${Math.floor(i / 3) + 1}.` : '',
      attributes: { colour: COLOURS[i % COLOURS.length], stock: (i * 7) % 40, tags: ['sample'] },
    };
  });
  const passing = PASSING.map(
    ([name, seconds]): ItemCreate => ({
      name,
      description: 'A sample that expires.',
      expires_at: new Date(now + seconds * 1_000).toISOString(),
    }),
  );
  return [...things, ...TWINS.map((name): ItemCreate => ({ name })), ...passing];
}

/** Creates the samples, all of them or none, and says how many there are. */
export async function makeSamples(of: Named): Promise<number> {
  const items = samples(Date.now());
  await api.POST('/api/items/batch', { body: items });
  // Else the figures of today wait for the task's schedule. One that may not run tasks waits.
  await api
    .POST('/api/schedules/{name}/runs', { params: { path: { name: 'stats.rollup' } } })
    .catch(() => {});
  refresh(of);
  return items.length;
}
