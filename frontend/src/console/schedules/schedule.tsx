import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { Needs } from '../../ui/needs';
import { Time } from '../../ui/time';
import { RunState } from '../state';
import type { Schedule } from '../types';
import { cronWords } from './cron';
import { EditDialog } from './edit';
import { NextRun } from './next';
import { PauseButton } from './pause';
import { RunNow } from './runnow';
import { Strip } from './strip';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A schedule: its times, the results of its runs, and its actions. */
export function ScheduleCard({ schedule }: { schedule: Schedule }) {
  const [editing, setEditing] = useState(false);
  const { name } = schedule;
  return (
    <section class="panel schedule" aria-labelledby={`schedule-${name}`}>
      <header>
        <div>
          <h2 id={`schedule-${name}`}>{name}</h2>
          <p class="quiet">{schedule.summary}</p>
        </div>
        <Needs scope="admin">
          <RunNow name={name}>
            <PauseButton schedule={schedule} />
            <button
              type="button"
              class="secondary"
              aria-label={`Edit ${name}…`}
              onClick={() => setEditing(true)}
            >
              Edit…
            </button>
          </RunNow>
        </Needs>
      </header>
      <dl class="when">
        <div>
          <dt>When</dt>
          <dd>
            <When schedule={schedule} />
          </dd>
        </div>
        <div>
          <dt>Next run</dt>
          <dd>
            <NextRun schedule={schedule} />
          </dd>
        </div>
        <div>
          <dt>Last run</dt>
          <dd>
            <LastRun schedule={schedule} />
          </dd>
        </div>
      </dl>
      <Strip task={name} />
      {editing && <EditDialog schedule={schedule} onClose={() => setEditing(false)} />}
    </section>
  );
}

function When({ schedule: { cron, time_zone } }: { schedule: Schedule }) {
  return (
    <>
      <code>{cron}</code> {cronWords(cron)}
      <small>
        {time_zone}
        {time_zone !== HERE && `; you are in ${HERE}`}
      </small>
    </>
  );
}

function LastRun({ schedule: { last_run } }: { schedule: Schedule }) {
  if (!last_run) return <span class="quiet">none yet</span>;
  const at = last_run.finished_at ?? last_run.started_at;
  return (
    <>
      <Link href={`/runs/${last_run.id}`} aria-label={`Run ${last_run.id}`}>
        <RunState state={last_run.state} />
      </Link>
      <small>
        {at ? (
          <>
            <Time at={at} />, <Time at={at} exact />
          </>
        ) : (
          'not started'
        )}
      </small>
    </>
  );
}
