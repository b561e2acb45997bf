import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import { number } from '../../ui/number';
import { Time } from '../../ui/time';
import { RunState } from '../state';
import type { Run } from '../types';
import { Took } from './took';
import { attempts, triggerWord } from './words';

/** The known facts of a run. A fact that is not known yet has its place already, so that nothing jumps. */
export function Facts({ run }: { run: Run }) {
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <span role="status">
          <RunState state={run.state} />
          {run.state === 'running' && run.cancel_requested && ' and asked to stop'}
        </span>
      </dd>
      {run.progress && (
        <>
          <dt>Progress</dt>
          <dd>{run.progress}</dd>
        </>
      )}
      <dt>Rows changed</dt>
      <dd>
        {number(run.rows_affected)}
        {run.state === 'running' && ' so far'}
      </dd>
      <dt>Trigger</dt>
      <dd>{triggerWord(run.trigger)}</dd>
      <dt>Due</dt>
      <dd>{run.run_at ? <Instant at={run.run_at} /> : 'immediately'}</dd>
      <dt>Created</dt>
      <dd>
        <Instant at={run.created_at} />
      </dd>
      <dt>Started</dt>
      <dd>{run.started_at ? <Instant at={run.started_at} /> : <Unknown>not yet</Unknown>}</dd>
      <dt>Ended</dt>
      <dd>{run.finished_at ? <Instant at={run.finished_at} /> : <Unknown>not yet</Unknown>}</dd>
      <dt>Duration</dt>
      <dd>
        <Took run={run} />
      </dd>
      <dt>Attempt</dt>
      <dd>{attempts(run)}</dd>
      <dt>Worker</dt>
      <dd>{run.worker ? <Link href="/workers">{run.worker}</Link> : <Unknown>none yet</Unknown>}</dd>
    </dl>
  );
}

function Instant({ at }: { at: string }) {
  return (
    <>
      <Time at={at} exact />{' '}
      <span class="quiet">
        (<Time at={at} />)
      </span>
    </>
  );
}

function Unknown({ children }: { children: ComponentChildren }) {
  return <span class="quiet">{children}</span>;
}
