import { useMutation } from '@tanstack/preact-query';
import { complain, tell } from '../../ui/notices';
import type { Schedule } from '../types';
import { changeSchedule } from './change';

/** Pauses a schedule, and resumes it. */
export function PauseButton({ schedule: { name, paused } }: { schedule: Schedule }) {
  const change = useMutation({
    mutationFn: (pause: boolean) => changeSchedule(name, { paused: pause }),
    onSuccess: (_, pause) => tell(pause ? `${name} paused.` : `${name} resumed.`),
    onError: (error, pause) => complain(`${name} could not be ${pause ? 'paused' : 'resumed'}`, error),
  });
  return (
    <button
      type="button"
      class="secondary"
      aria-disabled={change.isPending}
      aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}
      onClick={() => {
        if (!change.isPending) change.mutate(!paused);
      }}
    >
      {paused ? 'Resume' : 'Pause'}
    </button>
  );
}
