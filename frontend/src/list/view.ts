import type { Entity, Filter, Query } from './entity';

export const LIMITS = [25, 50, 100] as const;

/** The order of a list, unless its entity has another: the newest first. */
export const NEWEST = '-id';

/** Which rows are shown, and how: all of it is in the page's address. */
export interface View {
  q: string;
  /** By their parameters, those alone that are set. */
  filters: Readonly<Record<string, string>>;
  sort: string;
  limit: number;
  cursor: string;
}

/** The parts of an entity that its views depend on. */
export type Listed = Pick<Entity, 'name' | 'sort' | 'columns' | 'sorts' | 'filters' | 'search'>;

/** The view at the address without any parameters. */
export function firstView({ sort = NEWEST }: Listed): View {
  return { q: '', filters: {}, sort, limit: LIMITS[0], cursor: '' };
}

/** Reads an address. It ignores parameters that make no sense; a cursor only the API can judge. */
export function parseView(entity: Listed, search: string): View {
  const said = new URLSearchParams(search);
  const first = firstView(entity);
  const sort = said.get('sort') ?? '';
  return {
    q: entity.search ? (said.get('q') ?? '') : '',
    filters: Object.fromEntries(
      (entity.filters ?? [])
        .map((filter) => [filter.param, said.get(filter.param) ?? '', filter] as const)
        .filter(([, value, filter]) => accepts(filter, value))
        .map(([param, value]) => [param, value]),
    ),
    sort: isSort(entity, sort) ? sort : first.sort,
    limit: LIMITS.find((limit) => String(limit) === said.get('limit')) ?? first.limit,
    cursor: said.get('cursor') ?? '',
  };
}

function accepts(filter: Filter, value: string): boolean {
  if ('options' in filter) return filter.options.some(([one]) => one === value);
  if (!('typed' in filter)) return parseId(value) !== null;
  return filter.typed === 'text' ? value !== '' : !Number.isNaN(Date.parse(value));
}

function isSort({ columns, sorts = [] }: Listed, sort: string): boolean {
  const key = sort.replace(/^-/, '');
  return [...sorts, ...columns.map((column) => column.sort)].some((one) => one?.replace(/^-/, '') === key);
}

/** The id of a row as an address has it, or null. */
export function parseId(text: string): number | null {
  if (!/^[1-9]\d{0,15}$/.test(text)) return null;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : null;
}

/** The address of a view, without the defaults. */
export function addressOf(entity: Listed, view: View): string {
  const first = firstView(entity);
  const said = new URLSearchParams();
  if (view.q) said.set('q', view.q);
  for (const [param, value] of Object.entries(view.filters)) said.set(param, value);
  if (view.sort !== first.sort) said.set('sort', view.sort);
  if (view.limit !== first.limit) said.set('limit', String(view.limit));
  if (view.cursor) said.set('cursor', view.cursor);
  return said.size > 0 ? `/${entity.name}?${said}` : `/${entity.name}`;
}

/** Whether the address asks for the form of a new row, as links from other pages do. */
export function asksForNew(search: string): boolean {
  return new URLSearchParams(search).has('new');
}

/** A view with changes. A cursor is only good with its own filters and sort: any other change is a first page. */
export function changeView(view: View, change: Partial<View>): View {
  return { ...view, cursor: '', ...change };
}

/** A view with a filter set, or without it where the value is empty. */
export function filtersWith({ filters }: View, param: string, value: string): View['filters'] {
  const { [param]: _, ...others } = filters;
  return value ? { ...others, [param]: value } : others;
}

/** Whether the view leaves rows out. */
export function isFiltered(view: View): boolean {
  return view.q !== '' || Object.keys(view.filters).length > 0;
}

/** The filters as the API takes them. */
export function filterOf({ q, filters }: View): Query {
  return { ...(q ? { q } : {}), ...filters };
}

/** The view as the API takes it. */
export function queryOf(view: View): Query {
  const { sort, limit, cursor } = view;
  return { ...filterOf(view), sort, limit, ...(cursor ? { cursor } : {}) };
}

/** The sort after a click on the head of the column that is first sorted so: the other way round, or so. */
export function nextSort(sort: string, first: string): string {
  const column = first.replace(/^-/, '');
  if (sort === column) return `-${column}`;
  if (sort === `-${column}`) return column;
  return first;
}
