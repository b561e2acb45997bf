import { api, body, type Schedule, type SchedulePatch } from '../api/client';
import { changed, queryClient, schedulesQuery } from '../api/queries';

/** Changes a schedule. What the API answers is on the page at once. */
export async function changeSchedule(name: string, patch: SchedulePatch): Promise<Schedule> {
  const after = await body(
    api.PATCH('/api/schedules/{name}', {
      params: { path: { name } },
      headers: { 'Content-Type': 'application/merge-patch+json' },
      body: patch,
    }),
  );
  queryClient.setQueryData(schedulesQuery().queryKey, (all) =>
    all?.map((one) => (one.name === name ? after : one)),
  );
  void changed('schedules');
  return after;
}
