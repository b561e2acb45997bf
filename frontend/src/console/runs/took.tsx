import { useStore } from '@nanostores/preact';
import { duration, now } from '../../ui/time';
import type { Run } from '../types';
import { tookMs } from './words';

/** How long a run took, ticking while it is running. */
export function Took({ run }: { run: Pick<Run, 'state' | 'started_at' | 'duration_ms'> }) {
  const present = useStore(now);
  const ms = run.state === 'running' ? tookMs(run, present) : run.duration_ms;
  return <>{ms === null ? '–' : duration(ms)}</>;
}
