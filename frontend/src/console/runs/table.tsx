import { Link } from 'wouter-preact';
import { number } from '../../ui/number';
import { Time } from '../../ui/time';
import { RunState } from '../state';
import type { Run } from '../types';
import { Took } from './took';
import { attempts, triggerWord } from './words';

/** Runs, one a line. A narrow window leaves out what the page of a run has, too. */
export function RunsTable({ runs, busy }: { runs: readonly Run[]; busy: boolean }) {
  return (
    <div class="table">
      <table class="runs" aria-busy={busy} aria-label="Runs">
        <thead>
          <tr>
            <th scope="col" class="number">
              Run
            </th>
            <th scope="col">State</th>
            <th scope="col">Task</th>
            <th scope="col" class="medium">
              Made by
            </th>
            <th scope="col">Due or made</th>
            <th scope="col" class="wide">
              Started
            </th>
            <th scope="col" class="number medium">
              Took
            </th>
            <th scope="col" class="number wide">
              Attempt
            </th>
            <th scope="col" class="number medium">
              Rows
            </th>
            <th scope="col" class="wide">
              Worker
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.id} run={run} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ run }: { run: Run }) {
  return (
    <tr>
      <td class="number">
        <Link href={`/runs/${run.id}`} aria-label={`Run ${run.id}`}>
          {run.id}
        </Link>
      </td>
      <td>
        <RunState state={run.state} />
      </td>
      <td>{run.task}</td>
      <td class="medium">{triggerWord(run.trigger)}</td>
      <td>
        <Time at={run.run_at ?? run.created_at} />
      </td>
      <td class="wide">{run.started_at ? <Time at={run.started_at} /> : '–'}</td>
      <td class="number medium">
        <Took run={run} />
      </td>
      <td class="number wide">{attempts(run)}</td>
      <td class="number medium">{number(run.rows_affected)}</td>
      <td class="wide">{run.worker ?? '–'}</td>
    </tr>
  );
}
