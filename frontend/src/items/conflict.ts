import type { Item } from '../api/client';
import { isObject, type Json, same } from './merge';

/** What a person decides about an item. */
export interface Fields {
  name: string;
  description: string;
  expires_at: string | null;
  attributes: Json;
}

export function fieldsOf(item: Item): Fields {
  const { name, description, expires_at, attributes } = item;
  return { name, description, expires_at, attributes };
}

export type Side = 'mine' | 'theirs';

/** A part of an item that is no longer as it was read: a field, or a member of the attributes. */
export interface Difference {
  key: string; // "name", or "attributes/" and a member's name
  label: string;
  by: Side | 'both';
  mine: unknown; // undefined: it is not there
  theirs: unknown;
}

const LABELS = { name: 'Name', description: 'Description', expires_at: 'Expires' } as const;

/** What two people made of the same item, part by part. Where they did the same, there is no difference. */
export function differences(base: Fields, mine: Fields, theirs: Fields): Difference[] {
  const parts = [base, mine, theirs].map(partsOf);
  const [was, here, there] = parts;
  if (!was || !here || !there) return [];
  const keys = new Set(parts.flatMap((part) => [...part.keys()]));
  return [...keys].flatMap((key) => {
    const changedHere = !same(was.get(key), here.get(key));
    const changedThere = !same(was.get(key), there.get(key));
    if ((!changedHere && !changedThere) || same(here.get(key), there.get(key))) return [];
    const by = changedHere && changedThere ? 'both' : changedHere ? 'mine' : 'theirs';
    return [{ key, label: labelOf(key), by, mine: here.get(key), theirs: there.get(key) }];
  });
}

/** The item as it should be: theirs, with what only I changed, and of what both did the side that is chosen. */
export function resolve(found: Difference[], theirs: Fields, choice: ReadonlyMap<string, Side>): Fields {
  const parts = partsOf(theirs);
  for (const { key, by, mine } of found) {
    const side = by === 'both' ? (choice.get(key) ?? 'theirs') : by;
    if (side === 'theirs') continue;
    if (mine === undefined) parts.delete(key);
    else parts.set(key, mine);
  }
  const expires = parts.get('expires_at');
  return {
    name: String(parts.get('name')),
    description: String(parts.get('description')),
    expires_at: typeof expires === 'string' ? expires : null,
    attributes: Object.fromEntries(
      [...parts]
        .filter(([key]) => key.startsWith(MEMBER))
        .map(([key, value]): [string, unknown] => [key.slice(MEMBER.length), value]),
    ),
  };
}

const MEMBER = 'attributes/';

function partsOf(fields: Fields): Map<string, unknown> {
  const { attributes, ...others } = fields;
  const members = isObject(attributes) ? Object.entries(attributes) : [];
  return new Map<string, unknown>([
    ...Object.entries(others),
    ...members.map(([name, value]): [string, unknown] => [MEMBER + name, value]),
  ]);
}

function labelOf(key: string): string {
  if (key === 'name' || key === 'description' || key === 'expires_at') return LABELS[key];
  return `Attribute “${key.slice(MEMBER.length)}”`;
}
