import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { fromLocal, toLocal } from '../form/moment';
import type { Entity, Filter } from './entity';
import { filtersWith, LIMITS, type View } from './view';

const PAUSE = 200; // milliseconds without a key before the search begins

/** Shows a view with a change. */
export type Show = (change: Partial<View>, how?: { replace: boolean }) => void;

/** Chooses the rows: search, filters, how many at once. */
export function Toolbar({ entity, view, show }: { entity: Entity; view: View; show: Show }) {
  const id = useId();
  const filters = entity.filters ?? [];
  const typed = filters.filter((filter) => 'typed' in filter);
  const chosen = (filter: Filter) => (
    <Chosen
      key={filter.param}
      filter={filter}
      value={view.filters[filter.param] ?? ''}
      onChoose={(value) => show({ filters: filtersWith(view, filter.param, value) })}
    />
  );
  return (
    <search class="list-toolbar">
      {entity.search && (
        <Search q={view.q} hint={entity.search} onSearch={(q) => show({ q }, { replace: true })} />
      )}
      {filters.filter((filter) => !('typed' in filter)).map(chosen)}
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
      {typed.length > 0 && (
        <details class="more" open={typed.some(({ param }) => view.filters[param])}>
          <summary>More filters</summary>
          <div class="row">{typed.map(chosen)}</div>
        </details>
      )}
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
  if ('typed' in filter) return <Typed filter={filter} value={value} onChoose={onChoose} />;
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

/** A filter that is typed: it is in force once the field is left, or Enter is pressed. */
function Typed({
  filter: { label, typed },
  value,
  onChoose,
}: {
  filter: Extract<Filter, { typed: unknown }>;
  value: string;
  onChoose: (value: string) => void;
}) {
  const id = useId();
  const moment = typed === 'moment';
  return (
    <div>
      <label for={id}>{label}</label>
      <input
        id={id}
        type={moment ? 'datetime-local' : 'text'}
        autoComplete="off"
        maxLength={255}
        value={moment && value ? toLocal(value) : value}
        onChange={({ currentTarget: { value: text } }) =>
          onChoose(moment ? (fromLocal(text)?.at.toISOString() ?? '') : text.trim())
        }
      />
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
