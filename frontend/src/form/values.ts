import type { Field } from './field';
import { isObject, type Json } from './merge';

/** The values of the fields of a form, by their keys. */
export type Values = Json;

/** A value of a row. */
export function valueIn(row: object, key: string): unknown {
  return (row as Json)[key];
}

export function valuesOf(fields: readonly Field[], row: object): Values {
  return Object.fromEntries(fields.map(({ key }) => [key, valueIn(row, key)]));
}

/** The body that makes a new row: no more than was filled in. */
export function creation(fields: readonly Field[], values: Values): Values {
  const filled = fields.filter(({ key, required }) => required || !isBlank(values[key]));
  return Object.fromEntries(filled.map(({ key }) => [key, values[key]]));
}

function isBlank(value: unknown): boolean {
  return (value ?? '') === '' || (isObject(value) && Object.keys(value).length === 0);
}
