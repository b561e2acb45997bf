import { useMutation } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { api, body } from '../../api/client';
import { changed, queryClient } from '../../api/queries';
import { Dialog } from '../../ui/dialog';
import { complain, tell } from '../../ui/notices';
import { runQuery } from '../queries';
import type { Run } from '../types';
import { canCancel, canRetry } from './words';

/** Retries a run that has ended, and stops one that has not. */
export function RunActions({ run }: { run: Run }) {
  const [asking, setAsking] = useState(false);
  const act = useMutation({
    mutationFn: (verb: 'retry' | 'cancel') => {
      const init = { params: { path: { id: run.id } } };
      return body(
        verb === 'retry' ? api.POST('/api/runs/{id}/retry', init) : api.POST('/api/runs/{id}/cancel', init),
      );
    },
    onSuccess: (after, verb) => {
      queryClient.setQueryData(runQuery(run.id).queryKey, after);
      tell(done(verb, after));
    },
    onError: (error, verb) =>
      complain(`Run ${run.id} could not be ${verb === 'retry' ? 'retried' : 'cancelled'}`, error),
    onSettled: () => void changed('runs', 'schedules'),
  });
  // One button in one place, so that the focus stays where it is when the run's state changes.
  const retry = canRetry(run);
  return (
    <>
      <button
        type="button"
        class={retry ? 'secondary' : 'danger'}
        aria-disabled={act.isPending || (!retry && !canCancel(run))}
        onClick={() => {
          if (act.isPending) return;
          if (retry) act.mutate('retry');
          else if (canCancel(run)) setAsking(true);
        }}
      >
        {retry ? 'Retry' : run.cancel_requested ? 'Asked to stop' : 'Cancel the run…'}
      </button>
      {asking && (
        <Confirm
          run={run}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            act.mutate('cancel');
          }}
        />
      )}
    </>
  );
}

function done(verb: 'retry' | 'cancel', after: Run): string {
  if (verb === 'retry') return `Run ${after.id} is in the queue again.`;
  if (after.cancel_requested) return `Run ${after.id} was asked to stop. It may still complete.`;
  return `Run ${after.id} was cancelled.`;
}

function Confirm({ run, onClose, onConfirm }: { run: Run; onClose: () => void; onConfirm: () => void }) {
  return (
    <Dialog title={`Cancel run ${run.id}?`} onClose={onClose}>
      <p>
        {run.state === 'running'
          ? `It is asked to stop; what it has done stays done. It may still complete before it notices.`
          : `It does not start. The schedule of ${run.task} stays as it is.`}
      </p>
      <p class="row">
        <button type="button" class="danger" onClick={onConfirm}>
          Cancel the run
        </button>
        <button type="button" class="secondary" onClick={onClose}>
          Keep running
        </button>
      </p>
    </Dialog>
  );
}
