import { useQuery } from '@tanstack/preact-query';
import { Link, useSearchParams } from 'wouter-preact';
import { schedulesQuery } from '../queries';
import { ALL_STATES, stateWord } from '../state';

/** Chooses which runs are shown, by the address; a choice begins at the newest runs again. */
export function Filters({ task, state }: { task: string; state: string }) {
  const [, setParams] = useSearchParams();
  const { data: schedules = [] } = useQuery(schedulesQuery());
  const names = schedules.map((schedule) => schedule.name);
  if (task && !names.includes(task)) names.push(task);
  const choose = (name: 'task' | 'state', value: string) =>
    setParams((before) => {
      const params = new URLSearchParams(before);
      params.delete('cursor');
      if (value) params.set(name, value);
      else params.delete(name);
      return params;
    });
  return (
    <search class="filters">
      <label>
        Task
        <select value={task} onChange={(event) => choose('task', event.currentTarget.value)}>
          <option value="">All tasks</option>
          {names.sort().map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        State
        <select value={state} onChange={(event) => choose('state', event.currentTarget.value)}>
          <option value="">All states</option>
          {ALL_STATES.map((one) => (
            <option key={one} value={one}>
              {stateWord(one)}
            </option>
          ))}
        </select>
      </label>
      {(task || state) && <Link href="/runs">Show all runs</Link>}
    </search>
  );
}
