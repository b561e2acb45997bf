import { Unreachable } from '../api/problem';

const AT_ONCE = 4; // requests: the platform has other work, and so has the browser

/** The results of an action on many: those that succeeded, and those that failed, with their errors. */
export interface Outcome<T> {
  well: T[];
  failed: { one: T; error: unknown }[];
}

/**
 * Does something to each of many, a few at a time, in their order. It ends early when it is told to stop and, as all the
 * rest would fail as well, when the API does not answer.
 */
export async function forEach<T>(
  all: readonly T[],
  act: (one: T) => Promise<unknown>,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const outcome: Outcome<T> = { well: [], failed: [] };
  let next = 0;
  let down = false;
  const work = async () => {
    for (let one = all[next++]; one !== undefined && !signal.aborted && !down; one = all[next++]) {
      try {
        await act(one);
        outcome.well.push(one);
      } catch (error) {
        outcome.failed.push({ one, error });
        down ||= error instanceof Unreachable;
      }
      onProgress(outcome.well.length + outcome.failed.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcome;
}
