import { useEffect, useRef, useState } from 'preact/hooks';
import type { Page } from '../api/client';
import { count } from '../ui/number';
import { type Entity, plural, type Row } from './entity';
import { Pager } from './pager';
import { Table } from './table';
import type { Show } from './toolbar';
import { addressOf, type View } from './view';

const TOP = 'list-pager';

/** A page of rows between two pagers, and how many rows there are. */
export function Listing({
  entity,
  page,
  view,
  show,
  total,
  busy,
}: {
  entity: Entity;
  page: Page<Row>;
  view: View;
  show: Show;
  total: number | null;
  busy: boolean;
}) {
  const text = total === null || busy ? '' : count(total, entity.noun, plural(entity));
  const shown = useRef(text);
  if (!busy) shown.current = text; // what is counted is what is shown
  const pager = { page, busy, first: view.cursor !== '', show };
  return (
    <>
      <div class="list-count">
        <p class="quiet">{shown.current}</p>
        <Announced text={text} about={addressOf(entity, view)} />
        <Pager {...pager} id={TOP} label={`Pages of ${plural(entity)}`} />
      </div>
      <Table entity={entity} rows={page.rows} view={view} show={show} busy={busy} />
      {page.rows.length > 15 && (
        <div class="list-count end">
          <Pager {...pager} label={`Pages of ${plural(entity)}, below`} after={(name) => toTop(name)} />
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
