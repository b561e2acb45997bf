import { type APIRequestContext, expect } from '@playwright/test';

const KINDS = ['Sensor', 'Valve', 'Panel', 'Gauge', 'Relay', 'Pump', 'Filter', 'Lamp'];
const PLACES = ['north hall', 'south hall', 'store room', 'line 1', 'line 2', 'roof'];
const BATCH = 500;

/** Makes items such as people make, a twelfth of them duplicates; the same ones each time. */
export async function seed(api: APIRequestContext, count: number): Promise<void> {
  for (let made = 0; made < count; made += BATCH) {
    const data = Array.from({ length: Math.min(BATCH, count - made) }, (_, i) => item(made + i));
    const answer = await api.post('/api/items/batch', { data });
    expect(answer.status(), await answer.text()).toBe(201);
  }
}

function item(n: number) {
  const first = n % 12 === 11 ? n - 11 : n; // the twelfth repeats the first, in capitals
  const kind = KINDS[first % KINDS.length] ?? '';
  const place = PLACES[Math.floor(first / KINDS.length) % PLACES.length] ?? '';
  const name = `${kind}, ${place}, no. ${first + 1}`;
  const soon = [60_000, 3_600_000, 7 * 86_400_000][n % 3] ?? 0;
  return {
    name: first !== n ? `  ${name.toUpperCase()}` : name,
    ...(n % 2 ? { description: `Found in the ${place}. Checked every ${1 + (n % 6)} months.` } : {}),
    ...(n % 3 ? { attributes: { kind, place: { name: place, floor: n % 4 }, checked: n % 5 === 0 } } : {}),
    ...(n % 5 === 4 ? { expires_at: new Date(Date.now() + soon).toISOString() } : {}),
  };
}

/** Waits until the worker has seen all there is. */
export async function enriched(api: APIRequestContext, within = 30_000): Promise<void> {
  await expect
    .poll(
      async () => {
        const answer = await api.get('/api/items?sort=-id&limit=1000');
        const items = (await answer.json()) as { fingerprint: string | null }[];
        return items.filter((each) => !each.fingerprint).length;
      },
      { timeout: within },
    )
    .toBe(0);
}

/** Does something while no schedule is due, so that the rows that other tests look at stay as they are. */
export async function quietly(api: APIRequestContext, act: () => Promise<void>): Promise<void> {
  const schedules: { name: string; paused: boolean }[] = await (await api.get('/api/schedules')).json();
  const pause = async (paused: boolean) => {
    for (const { name } of schedules.filter((schedule) => !schedule.paused)) {
      const answer = await api.patch(`/api/schedules/${name}`, {
        data: { paused },
        headers: { 'Content-Type': 'application/merge-patch+json' },
      });
      expect(answer.status(), await answer.text()).toBe(200);
    }
  };
  const unfinished = async () =>
    (
      await Promise.all(
        ['available', 'running', 'scheduled'].map(
          async (state) => (await (await api.get(`/api/runs?limit=1&state=${state}`)).json()).length,
        ),
      )
    ).reduce((sum, one) => sum + one, 0);
  await pause(true);
  try {
    await expect.poll(unfinished, { timeout: 20_000 }).toBe(0);
    await act();
  } finally {
    await pause(false);
  }
}
