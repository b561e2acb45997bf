import { useStore } from '@nanostores/preact';
import { useMutation, useQuery } from '@tanstack/preact-query';
import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import { api, body } from '../../api/client';
import { changed, queryClient } from '../../api/queries';
import { POLL_EVERY } from '../../live/live';
import { complain } from '../../ui/notices';
import { now } from '../../ui/time';
import { readyQuery, runQuery } from '../queries';
import { hasEnded } from '../state';
import { type Progress, progressOf } from './progress';

/** Runs a task beside its schedule and follows the run; the schedule's other actions go beside it. */
export function RunNow({ name, children }: { name: string; children: ComponentChildren }) {
  const start = useMutation({
    mutationFn: async () => {
      const run = await body(api.POST('/api/schedules/{name}/runs', { params: { path: { name } } }));
      queryClient.setQueryData(runQuery(run.id).queryKey, run);
      void changed('runs', 'schedules');
      return { id: run.id, asked: Date.now() };
    },
    onError: (error) => complain(`${name} could not be run`, error),
  });
  const progress = useProgress(start.data);
  const busy = start.isPending || progress?.busy === true;
  return (
    <div class="doing">
      <div class="actions">
        <button
          type="button"
          class="secondary"
          aria-disabled={busy}
          aria-label={`Run ${name} now`}
          onClick={() => {
            if (!busy) start.mutate();
          }}
        >
          {start.isPending ? 'Asking…' : (progress?.label ?? 'Run now')}
        </button>
        {children}
      </div>
      <p role="status">
        {progress && !start.isPending && start.data && (
          <>
            {progress.detail} <Link href={`/runs/${start.data.id}`}>Run {start.data.id}</Link>
          </>
        )}
      </p>
    </div>
  );
}

function useProgress(started: { id: number; asked: number } | undefined): Progress | null {
  const { data: ready } = useQuery(readyQuery());
  const { data: run } = useQuery({
    ...runQuery(started?.id ?? 0),
    enabled: started !== undefined,
    // A person waits for this run: the page polls it even if its events are lost.
    refetchInterval: ({ state: { data } }) => (data && hasEnded(data.state) ? false : POLL_EVERY),
  });
  const present = useStore(now);
  if (!started || !run) return null;
  return progressOf(run, started.asked, hasEnded(run.state) ? 0 : present, ready?.worker.status);
}
