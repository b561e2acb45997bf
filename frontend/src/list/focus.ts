import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** The row of a list that gets the focus when it appears, and the element that has had it since. */
let wanted: { list: string; id: number; since: Element | null } | null = null;

/** Gives the focus to a row of a list when it appears, such as that of one that was just brought back. */
export function want(list: string, id: number): void {
  wanted = { list, id, since: document.activeElement };
  // An event may have brought the row before the answer to the request that did.
  document.querySelectorAll<HTMLTableSectionElement>(`table.${list} > tbody`).forEach(giveFocus);
}

/** Gives the focus to the row that is to get it, if it is there. */
function giveFocus(rows: HTMLTableSectionElement): boolean {
  const row = wanted && rows.querySelector<HTMLElement>(`tr[data-id="${wanted.id}"] a`);
  if (!row) return false;
  wanted = null;
  row.focus();
  return true;
}

/**
 * Keeps the focus in a table while rows come and go. When the row that has it is gone, it goes to the row
 * that took its place, or else to `fallback`.
 */
export function useKeptFocus(
  list: string,
  ids: readonly number[],
  fallback: string,
): RefObject<HTMLTableSectionElement> {
  const rows = useRef<HTMLTableSectionElement>(null);
  const held = useRef<{ id: number; index: number } | null>(null);

  useEffect(() => {
    const onFocus = (event: FocusEvent) => {
      const row =
        event.target instanceof Element ? event.target.closest<HTMLTableRowElement>('tr[data-id]') : null;
      const inside = row && rows.current?.contains(row);
      const index = inside ? [...(rows.current?.rows ?? [])].indexOf(row) : -1;
      held.current = inside ? { id: Number(row.getAttribute('data-id')), index } : null;
    };
    document.addEventListener('focusin', onFocus);
    return () => {
      document.removeEventListener('focusin', onFocus);
      // The table goes, with its last row for one: after that, nothing may have the focus.
      if (held.current) queueMicrotask(() => focusLost() && focus(fallback));
    };
  }, [fallback]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the ids say when rows have come or gone
  useLayoutEffect(() => {
    const body = rows.current;
    if (!focusLost() && document.activeElement !== wanted?.since) wanted = null; // the person has gone on
    if (body && wanted?.list === list && giveFocus(body)) return;
    const { id, index } = held.current ?? { id: 0, index: -1 };
    if (index < 0 || ids.includes(id)) return;
    held.current = null;
    if (!focusLost()) return;
    const row = body?.rows[Math.min(index, body.rows.length - 1)];
    const link = row?.querySelector<HTMLElement>('a');
    if (link) link.focus();
    else focus(fallback);
  }, [ids.join()]);

  return rows;
}

function focusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

function focus(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}
