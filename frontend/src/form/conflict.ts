import type { Field } from './field';
import { isObject, same } from './merge';
import type { Values } from './values';

export type Side = 'mine' | 'theirs';

/** A part of a row that is no longer as it was read: a field, or a member of one. */
export interface Difference {
  key: string; // "name", or "attributes/" and a member's name
  label: string;
  by: Side | 'both';
  mine: unknown; // undefined: it is not there
  theirs: unknown;
}

/** The changes of two people to the same row, part by part. Where they did the same, there is no difference. */
export function differences(
  fields: readonly Field[],
  base: Values,
  mine: Values,
  theirs: Values,
): Difference[] {
  const parts = [base, mine, theirs].map((values) => partsOf(fields, values));
  const [was, here, there] = parts;
  if (!was || !here || !there) return [];
  const keys = new Set(parts.flatMap((part) => [...part.keys()]));
  return [...keys].flatMap((key) => {
    const changedHere = !same(was.get(key), here.get(key));
    const changedThere = !same(was.get(key), there.get(key));
    if ((!changedHere && !changedThere) || same(here.get(key), there.get(key))) return [];
    const by = changedHere && changedThere ? 'both' : changedHere ? 'mine' : 'theirs';
    return [{ key, label: labelOf(fields, key), by, mine: here.get(key), theirs: there.get(key) }];
  });
}

/** The merged row: theirs, with the parts that only I changed and, of the parts that both changed, the chosen side. */
export function resolve(
  fields: readonly Field[],
  found: Difference[],
  theirs: Values,
  choice: ReadonlyMap<string, Side>,
): Values {
  const parts = partsOf(fields, theirs);
  for (const { key, by, mine } of found) {
    const side = by === 'both' ? (choice.get(key) ?? 'theirs') : by;
    if (side === 'theirs') continue;
    if (mine === undefined) parts.delete(key);
    else parts.set(key, mine);
  }
  return Object.fromEntries(
    fields.map((field) => [field.key, field.member ? membersOf(field, parts) : parts.get(field.key)]),
  );
}

/** The field that a part belongs to. */
export function fieldOf(fields: readonly Field[], part: string): Field | undefined {
  return fields.find(({ key, member }) => (member ? part.startsWith(`${key}/`) : part === key));
}

function partsOf(fields: readonly Field[], values: Values): Map<string, unknown> {
  return new Map(
    fields.flatMap(({ key, member }): [string, unknown][] => {
      const value = values[key];
      if (!member) return [[key, value]];
      return isObject(value) ? Object.entries(value).map(([name, part]) => [`${key}/${name}`, part]) : [];
    }),
  );
}

function membersOf({ key }: Field, parts: Map<string, unknown>): Values {
  const start = `${key}/`;
  return Object.fromEntries(
    [...parts]
      .filter(([part]) => part.startsWith(start))
      .map(([part, value]): [string, unknown] => [part.slice(start.length), value]),
  );
}

function labelOf(fields: readonly Field[], part: string): string {
  const field = fieldOf(fields, part);
  if (!field?.member) return field?.label ?? part;
  return `${field.member} “${part.slice(field.key.length + 1)}”`;
}
