import type { Schedule, SchedulePatch } from '../types';

/** The fields of a schedule that can be edited; null is the value that the task declares. */
export interface Draft {
  cron: string | null;
  time_zone: string | null;
  missed_policy: Schedule['missed_policy'] | null;
  overlap_policy: Schedule['overlap_policy'] | null;
}

export const FIELDS = ['cron', 'time_zone', 'missed_policy', 'overlap_policy'] as const;

export function draftOf({ cron, time_zone, missed_policy, overlap_policy }: Schedule): Draft {
  return { cron, time_zone, missed_policy, overlap_policy };
}

/** The patch for the API. It has only the fields that differ, so that a concurrent change of another field stays. */
export function patchOf(before: Draft, draft: Draft): SchedulePatch {
  return Object.fromEntries(FIELDS.filter((f) => draft[f] !== before[f]).map((f) => [f, draft[f]]));
}
