import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Entity, Filter } from './entity';
import { filtersWith, LIMITS, type View } from './view';

const PAUSE = 200; // milliseconds without a key before the search begins

/** Shows a view with a change. */
export type Show = (change: Partial<View>, how?: { replace: boolean }) => void;

/** Chooses the rows: search, filters, how many at once. */
export function Toolbar({ entity, view, show }: { entity: Entity; view: View; show: Show }) {
  const id = useId();
  return (
    <search class="list-toolbar">
      {entity.search && (
        <Search q={view.q} hint={entity.search} onSearch={(q) => show({ q }, { replace: true })} />
      )}
      {(entity.filters ?? []).map((filter) => (
        <Chosen
          key={filter.param}
          filter={filter}
          value={view.filters[filter.param] ?? ''}
          onChoose={(value) => show({ filters: filtersWith(view, filter.param, value) })}
        />
      ))}
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
    </search>
  );
}

/** A filter: a choice or, while it is set, the choice of a link. */
function Chosen({
  filter,
  value,
  onChoose,
}: {
  filter: Filter;
  value: string;
  onChoose: (value: string) => void;
}) {
  const id = useId();
  if ('chip' in filter) {
    if (!value) return null;
    return (
      <button type="button" class="secondary chip" onClick={() => onChoose('')}>
        {filter.chip(value)}
        <span aria-hidden="true"> ×</span>
        <span class="visually-hidden">: remove this filter</span>
      </button>
    );
  }
  return (
    <div>
      <label for={id}>{filter.label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">All</option>
        {filter.options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Searches as one types, once the typing pauses. */
function Search({ q, hint, onSearch }: { q: string; hint: string; onSearch: (q: string) => void }) {
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
        placeholder={hint}
        autoComplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </div>
  );
}
