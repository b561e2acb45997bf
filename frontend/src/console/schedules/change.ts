import { api, body } from '../../api/client';
import { changed, queryClient } from '../../api/queries';
import { schedulesQuery } from '../queries';
import type { Schedule, SchedulePatch } from '../types';

/** Changes a schedule. The API's answer is on the page at once. */
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
