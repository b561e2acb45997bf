import { useStore } from '@nanostores/preact';
import { dateTime, distance, now } from '../../ui/time';
import type { Schedule } from '../types';

const LATE = 5_000; // milliseconds: a worker looks for due schedules once a second

/** When a schedule is due next: how far away, and when in the person's time zone. */
export function NextRun({ schedule: { paused, next_run_at } }: { schedule: Schedule }) {
  const present = useStore(now);
  if (paused) {
    return (
      <>
        <span class="badge warn">
          <span class="dot" aria-hidden="true" />
          paused
        </span>
        <small>Skipped while paused</small>
      </>
    );
  }
  const late = present - Date.parse(next_run_at);
  return (
    <>
      {late < 0 ? distance(next_run_at, present) : late < LATE ? 'now' : 'overdue: not picked up yet'}
      <small>
        <time dateTime={next_run_at}>{dateTime(next_run_at)}</time>
      </small>
    </>
  );
}
