import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';
import { useEffect, useRef, useState } from 'preact/hooks';

const OWN = 2_000; // milliseconds within which a person's own change is in the list

/** Grows with each change that a person makes here: it is shown at once, wherever the pointer is. */
export const acts = atom(0);

/** Rows that do not move under the pointer, and how many rows have come or gone meanwhile. */
export interface Held<R> {
  rows: readonly R[];
  waiting: number;
  /** For the element around the rows. */
  onPointerEnter: (event: PointerEvent) => void;
  onPointerLeave: () => void;
}

/**
 * Holds rows in place while the mouse points at one of them. Rows that others create or delete wait until it leaves,
 * or else a click would meet another row. Changes within a row are shown at once. `view` tells one list from another.
 */
export function useHeld<R extends { id: number }>(rows: readonly R[], view: string, busy: boolean): Held<R> {
  const [held, setHeld] = useState<readonly R[] | null>(null);
  const newest = useRef(rows);
  newest.current = rows;
  const inside = useRef(false);
  const act = useStore(acts);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list, or an act of the person, is shown at once
  useEffect(() => {
    setHeld(null);
    if (busy) return;
    const timer = setTimeout(() => inside.current && setHeld(newest.current), OWN);
    return () => clearTimeout(timer);
  }, [view, busy, act]);
  return {
    ...merged(held, rows),
    onPointerEnter: ({ pointerType }) => {
      if (pointerType !== 'mouse') return;
      inside.current = true;
      if (!busy) setHeld(newest.current);
    },
    onPointerLeave: () => {
      inside.current = false;
      setHeld(null);
    },
  };
}

/** The rows that are held, each as it is now, or as it last was. */
export function merged<R extends { id: number }>(
  held: readonly R[] | null,
  rows: readonly R[],
): Pick<Held<R>, 'rows' | 'waiting'> {
  if (!held) return { rows, waiting: 0 };
  const now = new Map(rows.map((row) => [row.id, row]));
  const gone = held.filter(({ id }) => !now.has(id)).length;
  const come = rows.length - (held.length - gone);
  return { rows: held.map((row) => now.get(row.id) ?? row), waiting: gone + come };
}
