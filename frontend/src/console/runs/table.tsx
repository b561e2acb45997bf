import { Link } from 'wouter-preact';
import type { Held } from '../../list/held';
import { number } from '../../ui/number';
import { PickBox, type Selection } from '../../ui/selection';
import { Time } from '../../ui/time';
import { RunState } from '../state';
import type { Run } from '../types';
import { Took } from './took';
import { attempts, triggerWord } from './words';

/** Runs, one a line. A narrow window leaves out the columns that the page of a run has, too. */
export function RunsTable({
  held: { rows: runs, onPointerEnter, onPointerLeave },
  selection: { chosen, set },
  busy,
}: {
  held: Held<Run>;
  selection: Selection<Run>;
  busy: boolean;
}) {
  return (
    <div class="table">
      <table class="runs" aria-busy={busy} aria-label="Runs">
        <thead>
          <tr>
            <th scope="col" class="pick">
              <PickBox
                label="Select all runs on this page"
                checked={runs.every(({ id }) => chosen.has(id))}
                some={runs.some(({ id }) => chosen.has(id))}
                onPick={(on) => set(runs, on)}
              />
            </th>
            <th scope="col" class="number">
              Run
            </th>
            <th scope="col">State</th>
            <th scope="col">Task</th>
            <th scope="col" class="medium">
              Trigger
            </th>
            <th scope="col">Due</th>
            <th scope="col" class="wide">
              Started
            </th>
            <th scope="col" class="number medium">
              Duration
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
        <tbody onPointerEnter={onPointerEnter} onPointerLeave={onPointerLeave}>
          {runs.map((run) => (
            <Row key={run.id} run={run} picked={chosen.has(run.id)} onPick={(on) => set([run], on)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ run, picked, onPick }: { run: Run; picked: boolean; onPick: (on: boolean) => void }) {
  return (
    <tr>
      <td class="pick">
        <PickBox label={`Select run ${run.id}`} checked={picked} onPick={onPick} />
      </td>
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
