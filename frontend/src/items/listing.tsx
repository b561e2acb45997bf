import { useEffect, useRef, useState } from 'preact/hooks';
import type { Item, Page } from '../api/client';
import { count } from '../ui/number';
import { Pager } from './pager';
import { ItemsTable } from './table';
import type { Show } from './toolbar';
import { addressOf, type View } from './view';

const TOP = 'items-pager';

/** A page of items between two pagers, and how many items there are. */
export function Listing({
  page,
  view,
  show,
  total,
  busy,
}: {
  page: Page<Item>;
  view: View;
  show: Show;
  total: number | null;
  busy: boolean;
}) {
  const text = total === null || busy ? '' : count(total, 'item');
  const shown = useRef(text);
  if (!busy) shown.current = text; // what is counted is what is shown
  const pager = { page, busy, first: view.cursor !== '', show };
  return (
    <>
      <div class="items-count">
        <p class="quiet">{shown.current}</p>
        <Announced text={text} about={addressOf(view)} />
        <Pager {...pager} id={TOP} label="Pages of items" />
      </div>
      <ItemsTable rows={page.rows} view={view} show={show} busy={busy} />
      {page.rows.length > 15 && (
        <div class="items-count end">
          <Pager {...pager} label="Pages of items, below" after={(name) => toTop(name)} />
        </div>
      )}
    </>
  );
}

/** Whoever goes on at the bottom reads on at the top. */
function toTop(name: string): void {
  const pager = document.getElementById(TOP);
  pager?.scrollIntoView({ block: 'center' });
  pager?.querySelector<HTMLElement>(`[name="${name}"]`)?.focus({ preventScroll: true });
}

/** Says the count aloud when another view is shown, not at each live change. */
function Announced({ text, about }: { text: string; about: string }) {
  const [said, setSaid] = useState({ about: '', text: '' });
  useEffect(() => {
    if (text && said.about !== about) setSaid({ about, text });
  }, [text, about, said.about]);
  return (
    <p class="visually-hidden" role="status">
      {said.text}
    </p>
  );
}
