import { Link } from 'wouter-preact';
import { number } from '../../ui/number';
import { Time, timeOfDay } from '../../ui/time';
import type { Worker } from '../types';
import { tally } from './tally';

export function WorkersTable({ workers }: { workers: readonly Worker[] }) {
  return (
    <div class="table">
      <table class="workers" aria-label="Workers">
        <thead>
          <tr>
            <th scope="col">Instance</th>
            <th scope="col">Status</th>
            <th scope="col">Last heartbeat</th>
            <th scope="col" class="number">
              Lag
            </th>
            <th scope="col">Running</th>
            <th scope="col">Started</th>
            <th scope="col">Version</th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <Row key={worker.instance} worker={worker} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

// data-label names the value where the columns do not fit beside each other.
function Row({ worker }: { worker: Worker }) {
  return (
    <tr>
      <th scope="row">{worker.instance}</th>
      <td data-label="Status">
        <Status worker={worker} />
      </td>
      <td data-label="Last heartbeat">
        <Time at={worker.last_beat} />
      </td>
      <td data-label="Lag" class="number" title="How late its loop's last turn began">
        {number(worker.lag_ms)} ms
      </td>
      <td data-label="Running">
        <Running tasks={worker.running} />
      </td>
      <td data-label="Started">
        <Time at={worker.started_at} />
      </td>
      <td data-label="Version">{worker.version}</td>
    </tr>
  );
}

function Status({ worker }: { worker: Worker }) {
  const ok = worker.status === 'ok';
  return (
    <span class={`badge ${ok ? 'good' : 'bad'}`}>
      <span class="dot" aria-hidden="true" />
      {ok ? 'ok' : `stale since ${timeOfDay(worker.last_beat)}`}
    </span>
  );
}

function Running({ tasks }: { tasks: readonly string[] }) {
  if (tasks.length === 0) return <span class="quiet">nothing</span>;
  return (
    <>
      {tally(tasks).map(([task, times], i) => (
        <span key={task}>
          {i > 0 && ', '}
          <Link href={`/runs?task=${encodeURIComponent(task)}&state=running`}>{task}</Link>
          {times > 1 && ` ×${times}`}
        </span>
      ))}
    </>
  );
}
