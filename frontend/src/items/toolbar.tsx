import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { LIMITS, STATUSES, type View } from './view';

const PAUSE = 200; // milliseconds without a key before the search begins

/** Shows a view with a change. */
export type Show = (change: Partial<View>, how?: { replace: boolean }) => void;

/** What chooses the items: search, status, how many at once. */
export function Toolbar({ view, show }: { view: View; show: Show }) {
  const id = useId();
  return (
    <search class="items-toolbar">
      <Search q={view.q} onSearch={(q) => show({ q }, { replace: true })} />
      <div>
        <label for={`${id}-status`}>Status</label>
        <select
          id={`${id}-status`}
          value={view.status}
          onChange={(event) => show({ status: STATUSES.find((s) => s === event.currentTarget.value) ?? '' })}
        >
          <option value="">All</option>
          <option value="active">Active</option>
          <option value="expired">Expired</option>
        </select>
      </div>
      <div>
        <label for={`${id}-limit`}>Per page</label>
        <select
          id={`${id}-limit`}
          value={String(view.limit)}
          onChange={(event) => show({ limit: Number(event.currentTarget.value) })}
        >
          {LIMITS.map((limit) => (
            <option key={limit} value={String(limit)}>
              {limit}
            </option>
          ))}
        </select>
      </div>
      {view.duplicateOf !== null && (
        <button type="button" class="secondary chip" onClick={() => show({ duplicateOf: null })}>
          Duplicates of item {view.duplicateOf}
          <span aria-hidden="true"> ×</span>
          <span class="visually-hidden">: remove this filter</span>
        </button>
      )}
    </search>
  );
}

/** Searches as one types, once the typing pauses. */
function Search({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const id = useId();
  const [text, setText] = useState(q);
  const sent = useRef(q);
  const search = useRef(onSearch);
  search.current = onSearch;

  // The address has changed by other means, such as the back button.
  useEffect(() => {
    if (q === sent.current) return;
    sent.current = q;
    setText(q);
  }, [q]);

  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      search.current(text);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <div class="grow">
      <label for={id}>Search</label>
      <input
        id={id}
        type="search"
        maxLength={200}
        placeholder="In names and descriptions"
        autoComplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </div>
  );
}
