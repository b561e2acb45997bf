import { useState } from 'preact/hooks';
import { complain, tell } from './notices';
import { count, number } from './number';

/** The rows that a person has chosen, by their ids. */
export interface Selection<R> {
  chosen: ReadonlyMap<number, R>;
  set: (rows: readonly R[], on: boolean) => void;
  clear: () => void;
}

/** A choice of rows, which ends with the list that it was made in. */
export function useSelection<R extends { id: number }>(list: string): Selection<R> {
  const [{ of, chosen }, setState] = useState({ of: list, chosen: new Map<number, R>() });
  const mine = of === list ? chosen : new Map<number, R>();
  return {
    chosen: mine,
    set: (rows, on) => {
      const next = new Map(mine);
      for (const row of rows) {
        if (on) next.set(row.id, row);
        else next.delete(row.id);
      }
      setState({ of: list, chosen: next });
    },
    clear: () => setState({ of: list, chosen: new Map() }),
  };
}

/** The box that chooses a row, or all rows of a page. */
export function PickBox({
  label,
  checked,
  some = false,
  onPick,
}: {
  label: string;
  checked: boolean;
  some?: boolean;
  onPick: (on: boolean) => void;
}) {
  return (
    <label class="pick">
      <input
        type="checkbox"
        checked={checked}
        indeterminate={some && !checked}
        onChange={(event) => onPick(event.currentTarget.checked)}
      />
      <span class="visually-hidden">{label}</span>
    </label>
  );
}

/** Something that is done to each of several rows. */
export interface Bulk<R> {
  /** On its button: "Delete". */
  label: string;
  danger?: boolean;
  /** While it goes on, and when it is done: "Deleting", "Deleted". */
  doing: string;
  done: string;
  act: (row: R) => Promise<unknown>;
  /** Whether it can be done to a row; to each where absent. */
  fits?: (row: R) => boolean;
  /** Takes it back. */
  undo?: { doing: string; done: string; act: (row: R) => Promise<unknown> };
}

/** The chosen rows, their actions, and the progress of these. */
export function Selected<R extends { id: number }>({
  selection,
  nouns,
  actions,
  all,
  onDone,
}: {
  selection: Selection<R>;
  /** One of them, and several: "note", "notes". */
  nouns: readonly [string, string];
  actions: readonly Bulk<R>[];
  /** All rows that the filters choose, where they are more than those of the page; null: they are not counted. */
  all?:
    | { total: number | null; most: number; read: (signal: AbortSignal) => Promise<readonly R[]> }
    | undefined;
  onDone: () => void;
}) {
  const [work, setWork] = useState<{ text: string; done: number; of: number; stop: () => void } | null>(null);
  const { chosen } = selection;
  const size = chosen.size;

  /** Does it to the rows, a few at a time, and says how that went. */
  const run = async (
    rows: readonly R[],
    { doing, done, act, undo }: Pick<Bulk<R>, 'doing' | 'done' | 'act' | 'undo'>,
  ) => {
    const over = new AbortController();
    const show = (n: number) => setWork({ text: doing, done: n, of: rows.length, stop: () => over.abort() });
    show(0);
    try {
      const { forEach } = await import('./bulk.later');
      const { well, failed } = await forEach(rows, act, show, over.signal);
      onDone();
      const what = count(well.length, ...nouns);
      const label = 'Undo';
      if (well.length > 0) tell(`${done} ${what}`, undo && { label, run: () => void run(well, { ...undo }) });
      const [first] = failed;
      if (first)
        complain(`${count(failed.length, ...nouns)} could not be ${done.toLowerCase()}`, first.error);
      selection.clear();
    } catch (error) {
      complain(`${doing} did not begin`, error);
    }
    setWork(null);
  };
  const chooseAll = async () => {
    const over = new AbortController();
    setWork({ text: 'Selecting', done: 0, of: 0, stop: () => over.abort() });
    try {
      if (all) selection.set(await all.read(over.signal), true);
    } catch (error) {
      if (!over.signal.aborted) complain(`The ${nouns[1]} could not be selected`, error);
    }
    setWork(null);
  };

  if (work) {
    return (
      <div class="callout selected">
        <p role="status">
          {work.text} {work.of > 0 ? `${number(work.done)} of ${count(work.of, ...nouns)}` : '…'}
        </p>
        <progress aria-label={work.text} max={work.of || undefined} value={work.of ? work.done : undefined} />
        <button type="button" class="secondary" onClick={work.stop}>
          Stop
        </button>
      </div>
    );
  }
  if (size === 0) return null;
  return (
    <div class="callout selected">
      <p role="status">{count(size, ...nouns)} selected</p>
      {all && (all.total ?? Number.POSITIVE_INFINITY) > size && size < all.most && (
        <button type="button" class="link" onClick={() => void chooseAll()}>
          {wordsFor(all.total, all.most)}
        </button>
      )}
      {actions.map(({ label, danger, fits = () => true, ...what }) => {
        const rows = [...chosen.values()].filter(fits);
        if (rows.length === 0) return null;
        return (
          <button
            key={label}
            type="button"
            class={danger ? 'danger' : 'secondary'}
            onClick={() => void run(rows, what)}
          >
            {rows.length < size ? `${label} ${number(rows.length)}` : label}
          </button>
        );
      })}
      <button type="button" class="secondary" onClick={selection.clear}>
        Clear
      </button>
    </div>
  );
}

function wordsFor(total: number | null, most: number): string {
  if (total === null) return `Select all, ${number(most)} at most`;
  return total > most
    ? `Select the first ${number(most)} of ${number(total)}`
    : `Select all ${number(total)}`;
}
