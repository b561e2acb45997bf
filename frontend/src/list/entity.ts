import type { ComponentChildren, FunctionComponent } from 'preact';
import type { paths } from '../api/schema';
import type { Field } from '../form/field';

// An entity is declared once: by its columns, its fields and its words. List, form and page follow from them. Their
// types come from the API's document, so that a column or a field that the API does not have fails the build.

/** An entity of the API's document: it has a list and a row by id. */
export type EntityName = {
  [P in keyof paths]: P extends `/api/${infer N}/{id}` ? N : never;
}[keyof paths];

/** A row as the API answers it. */
export type RowOf<N extends EntityName> =
  paths extends Record<
    `/api/${N}/{id}`,
    { get: { responses: { 200: { content: { 'application/json': infer R } } } } }
  >
    ? R
    : never;

/** The parameters of the list. */
export type QueryOf<N extends EntityName> =
  paths extends Record<`/api/${N}`, { get: { parameters: { query?: infer Q } } }> ? NonNullable<Q> : never;

/** The body that changes a row. */
export type ChangeOf<N extends EntityName> =
  paths extends Record<
    `/api/${N}/{id}`,
    { patch: { requestBody: { content: { 'application/merge-patch+json': infer B } } } }
  >
    ? B
    : never;

/** The columns that every entity has. */
export interface Row {
  id: number;
  version: number;
  created_at: string;
  updated_at: string;
}

/** The parameters of a list, as the API takes them. */
export type Query = Readonly<Record<string, string | number | boolean>>;

/** How product.ts names an entity. */
export interface Named {
  /** In addresses of pages, and before the dot in the types of its events: "notes". */
  name: string;
  /** One of them, and all of them as a heading: "note", "Notes". */
  noun: string;
  title: string;
  /** Its list in the API; /api/ and its name where absent. */
  api?: string;
  /** The subjects that its events make stale: beginnings of query keys; its name where absent. */
  subjects?: readonly string[];
  /** The order in which its list is first shown; the newest first where absent. */
  sort?: string;
}

/** A column of the list. */
export interface Column<R extends Row = Row, S = string> {
  /** The class of its cells, and their content without `cell`. */
  key: keyof R & string;
  text: string;
  /** The order after the first click on its head, such as "-updated_at"; the second one turns it round. */
  sort?: S;
  number?: boolean;
  /** Left out of a narrow window. */
  wide?: boolean;
  cell?(row: R): ComponentChildren;
}

/**
 * A choice in the toolbar; a text or an instant that is typed there, below "More filters"; or a link's reference to
 * another row, which the toolbar shows and takes away.
 */
export type Filter<P = string> = {
  param: P;
  /** Continues "No note …": "is open". */
  reason(value: string): string;
} & (
  | { label: string; options: readonly (readonly [value: string, text: string])[] }
  | { label: string; typed: 'text' | 'moment' }
  | { chip(id: string): string }
);

/** A fact on the page of a row: a field, by its key, or something else about the row. */
export type Fact<R extends Row = Row> =
  | (keyof R & string)
  | readonly [label: string, shown: (row: R) => ComponentChildren];

/** The import and export of rows as files. */
export interface Files {
  /** The columns of a file that are a row's own. */
  columns: readonly string[];
  /** The column that tells which row a line of a file changes. */
  key: string;
  lead: string;
}

/** An entity for its pages, besides its names. */
export interface Declaration<R extends Row = Row, Q = Query, K extends string = string> {
  lead: string;
  /** Explains one of them, in a platform that has none. */
  about: string;
  /** The field that names a row. */
  named: keyof R & string;
  /** The first one leads to the page of the row. */
  columns: readonly Column<R, SortOf<Q>>[];
  /** Beside the name, in its cell. */
  under?(row: R): ComponentChildren;
  /** Orders in which an address may ask for the list, besides those of the columns. */
  sorts?: readonly SortOf<Q>[];
  /** The hint in the search field; without it, there is no search. */
  search?: string;
  filters?: readonly Filter<keyof Q & string>[];
  /** The form, from top to bottom. */
  fields: readonly FieldOf<R, K>[];
  /** The page of a row, besides version, times and id; all fields without a panel of their own where absent. */
  facts?: readonly Fact<R>[];
  /** More about a row, below the panels of its fields. */
  panels?(row: R, of: Named): ComponentChildren;
  files?: Files;
  /** Makes rows to look around with, and says how many. */
  samples?: (of: Named) => Promise<number>;
  /** In place of the list, and of the page of a row. */
  List?: FunctionComponent;
  One?: FunctionComponent<{ id: string }>;
}

type FieldOf<R, K extends string> = {
  [P in K]: Field<P, P extends keyof R ? NonNullable<R[P]> : unknown>;
}[K];
type SortOf<Q> = Q extends { sort?: infer S } ? NonNullable<S> & string : string;

/** An entity with all that is known of it. */
export type Entity = Named & Declaration;

/** Declares the entity of this name in the API's document. */
export function declare<N extends EntityName>(
  declaration: RowOf<N> extends Row
    ? Declaration<RowOf<N>, QueryOf<N>, keyof ChangeOf<N> & keyof RowOf<N> & string>
    : never,
): Declaration {
  return declaration as unknown as Declaration;
}

/** Several of them, in a sentence: "notes". */
export const plural = ({ title }: Named) => title.toLowerCase();

/** One of them, with its article. */
export const one = ({ noun }: Named) => `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

// Marks that turn the order of letters round: with them, a name could look like another.
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

/** A text of a person's on one line, its marks of direction made visible. */
export const plainly = (text: string) => text.replace(TURNING, '\ufffd');

/** The name of a row. */
export const nameOf = ({ named }: Entity, row: Row) => plainly(String(row[named]));

/** Where a row has its page. */
export const addressOfRow = ({ name }: Named, id: number | string) => `/${name}/${id}`;
