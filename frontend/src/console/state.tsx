import type { Run } from './types';

export type State = Run['state'];
export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'waits' | 'quiet';

// The word for a state, its tone, and its meaning.
const STATES: Record<State, readonly [word: string, tone: Tone, meaning: string]> = {
  pending: ['pending', 'waits', 'It is not in the queue yet.'],
  scheduled: ['scheduled', 'waits', 'It waits for its time.'],
  available: ['queued', 'waits', 'It waits for a worker.'],
  running: ['running', 'busy', 'Running on a worker.'],
  retryable: ['retrying', 'warn', 'An attempt failed; another one follows.'],
  completed: ['completed', 'good', 'It has done its work.'],
  cancelled: ['cancelled', 'quiet', 'It was stopped.'],
  discarded: ['failed', 'bad', 'All attempts failed; it is not retried.'],
};

/** Each state of a run, in the order in which a run goes through them. */
export const ALL_STATES = Object.keys(STATES).filter(isState);

/** Whether a text, such as one of an address, is a state's name in the API. */
export function isState(text: string): text is State {
  return Object.hasOwn(STATES, text);
}

export function stateWord(state: State): string {
  return STATES[state][0];
}

export function stateTone(state: State): Tone {
  return STATES[state][1];
}

/** Whether nothing more happens to a run by itself. */
export function hasEnded(state: State): boolean {
  return state === 'completed' || state === 'cancelled' || state === 'discarded';
}

/** A run's state as a dot and a word, its meaning as the title. */
export function RunState({ state }: { state: State }) {
  return (
    <span class={`badge ${stateTone(state)}`} title={STATES[state][2]}>
      <span class="dot" aria-hidden="true" />
      {stateWord(state)}
    </span>
  );
}
