import type { ComponentChildren, ComponentType } from 'preact';
import type { FieldError } from '../api/problem';
import type { TextFault } from './place';

/** A fault of a field: in words, or by places in its text. */
export type Fault = string | TextFault[];

/** The arguments of a field's input. */
export interface InputProps {
  field: Field;
  text: string;
  fault: Fault | undefined;
  /** Whether the form begins with it, where the focus goes. */
  first: boolean;
  onChange: (text: string) => void;
}

/** The value of a text that was typed, or its fault. */
export type Reading<V> = { value: V | null } | { fault: Fault };

/** A field of a row: how it is typed, read, compared and shown. fields.tsx makes the usual ones. */
export interface Field<K extends string = string, V = unknown> {
  key: K;
  label: string;
  required?: boolean;
  /** No two rows have the same value: the API's 409 is told here. */
  unique?: boolean;
  /** The name of a member, for an object with members that are merged one by one: "Attribute". */
  member?: string;
  /** Shown in a panel of its own, and not among the facts. */
  panel?: boolean;
  Input: ComponentType<InputProps>;
  /** Fetches the scripts that reading and checking need, when the form opens: later, they may be out of reach. */
  load?(): Promise<unknown>;
  /** The value as it is typed. */
  typed(value: V | null): string;
  /** Reads a text; `before` is the value before the change, undefined for a new row. */
  read(text: string, before: V | null | undefined): Reading<V> | Promise<Reading<V>>;
  /** Where in the text the API found something wrong; without, it is told in words. */
  places?(errors: readonly FieldError[], text: string): Promise<TextFault[]>;
  /** The value, or that of a member, as text to choose by. */
  readable(value: unknown): string;
  /** The value on the page of a row. */
  shown(value: V | null): ComponentChildren;
}
