import type { ItemsQuery } from '../api/queries';

export const SORTS = [
  'id',
  '-id',
  'created_at',
  '-created_at',
  'updated_at',
  '-updated_at',
  'name',
  '-name',
] as const;
export type Sort = (typeof SORTS)[number];
export const STATUSES = ['active', 'expired'] as const;
export type Status = (typeof STATUSES)[number];
export const LIMITS = [25, 50, 100] as const;

/** Which items are shown, and how: all of it is in the page's address. */
export interface View {
  q: string;
  status: Status | '';
  duplicateOf: number | null;
  sort: Sort;
  limit: number;
  cursor: string;
}

/** The newest items first. */
export const DEFAULT: View = {
  q: '',
  status: '',
  duplicateOf: null,
  sort: '-id',
  limit: LIMITS[0],
  cursor: '',
};

/** Reads an address. What makes no sense in it counts as not said; a cursor only the API can judge. */
export function parseView(search: string): View {
  const said = new URLSearchParams(search);
  return {
    q: said.get('q') ?? '',
    status: STATUSES.find((status) => status === said.get('status')) ?? '',
    duplicateOf: parseId(said.get('duplicate_of') ?? ''),
    sort: SORTS.find((sort) => sort === said.get('sort')) ?? DEFAULT.sort,
    limit: LIMITS.find((limit) => String(limit) === said.get('limit')) ?? DEFAULT.limit,
    cursor: said.get('cursor') ?? '',
  };
}

/** The id of an item as an address has it, or null. */
export function parseId(text: string): number | null {
  if (!/^[1-9]\d{0,15}$/.test(text)) return null;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : null;
}

/** The address of a view, without what is the default anyway. */
export function addressOf(view: View): string {
  const said = new URLSearchParams();
  if (view.q) said.set('q', view.q);
  if (view.status) said.set('status', view.status);
  if (view.duplicateOf !== null) said.set('duplicate_of', String(view.duplicateOf));
  if (view.sort !== DEFAULT.sort) said.set('sort', view.sort);
  if (view.limit !== DEFAULT.limit) said.set('limit', String(view.limit));
  if (view.cursor) said.set('cursor', view.cursor);
  return said.size > 0 ? `/items?${said}` : '/items';
}

/** Whether the address asks for the form of a new item, as links from other pages do. */
export function asksForNew(search: string): boolean {
  return new URLSearchParams(search).has('new');
}

/** A view with changes. A cursor is only good with its own filters and sort: any other change is a first page. */
export function changeView(view: View, change: Partial<View>): View {
  return { ...view, cursor: '', ...change };
}

/** Whether the view leaves items out. */
export function isFiltered(view: View): boolean {
  return view.q !== '' || view.status !== '' || view.duplicateOf !== null;
}

/** The filters as the API takes them. */
export function filterOf(view: View): ItemsQuery {
  return {
    ...(view.q ? { q: view.q } : {}),
    ...(view.status ? { status: view.status } : {}),
    ...(view.duplicateOf === null ? {} : { duplicate_of: view.duplicateOf }),
  };
}

/** The view as the API takes it. */
export function queryOf(view: View): ItemsQuery {
  return {
    ...filterOf(view),
    sort: view.sort,
    limit: view.limit,
    ...(view.cursor ? { cursor: view.cursor } : {}),
  };
}

/** The sort after a click on the head of a column: the other way round, or first as `first` says. */
export function nextSort(sort: Sort, column: 'id' | 'updated_at' | 'name', first: Sort): Sort {
  if (sort === column) return `-${column}`;
  if (sort === `-${column}`) return column;
  return first;
}
