import { useQuery } from '@tanstack/preact-query';
import { useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { pollEvery } from '../../live/live';
import { dateTime, duration } from '../../ui/time';
import { runsQuery } from '../queries';
import { outcome } from '../runs/words';
import { stateTone, stateWord } from '../state';
import type { Run } from '../types';

const LAST = 30;

/**
 * How a task's last runs went, the oldest first, each a link to its run. It is one stop of the Tab key; the
 * arrow keys go from run to run.
 */
export function Strip({ task }: { task: string }) {
  const { data } = useQuery({ ...runsQuery({ task: [task], limit: LAST }), refetchInterval: pollEvery });
  const list = useRef<HTMLOListElement>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const runs = [...(data?.rows ?? [])].reverse();
  const words = data ? outcome(runs) : '';
  const stop = runs.find((run) => run.id === chosen) ?? runs.at(-1);

  const move = (event: KeyboardEvent) => {
    const to = target(event.key, stop ? runs.indexOf(stop) : -1, runs.length);
    if (to === null) return;
    event.preventDefault();
    setChosen(runs[to]?.id ?? null);
    list.current?.querySelectorAll('a')[to]?.focus();
  };
  return (
    <div class="strip">
      <ol ref={list} aria-label={`Last runs of ${task}, the oldest first`} onKeyDown={move}>
        {Array.from({ length: Math.max(0, LAST - runs.length) }, (_, free) => (
          <li key={`free ${free}`} class="bar free" aria-hidden="true">
            <span />
          </li>
        ))}
        {runs.map((run) => (
          <li key={run.id}>
            <Link
              href={`/runs/${run.id}`}
              class={`bar ${stateTone(run.state)}`}
              title={about(run)}
              aria-label={`Run ${run.id}: ${about(run)}`}
              tabIndex={run === stop ? 0 : -1}
              onFocus={() => setChosen(run.id)}
            >
              <span aria-hidden="true" />
            </Link>
          </li>
        ))}
      </ol>
      <p class="quiet">
        Last {LAST} runs: {words}
      </p>
    </div>
  );
}

function about(run: Run): string {
  const took = run.duration_ms === null ? '' : `, ${duration(run.duration_ms)}`;
  return `${stateWord(run.state)}, ${dateTime(run.started_at ?? run.created_at)}${took}`;
}

/** Where a key leads from the run at an index, if anywhere. */
export function target(key: string, from: number, length: number): number | null {
  const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: length - 1 }[key];
  return to === undefined || to < 0 || to >= length ? null : to;
}
