import { Exact } from '../api/exact';

/** A JSON object. Its members are read by their own names only, "__proto__" included. */
export type Json = { [name: string]: unknown };

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Exact);
}

/** Whether two JSON values are the same; the order of an object's members does not count, the digits of a number do. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Exact && b instanceof Exact) return a.text === b.text;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((element, i) => same(element, b[i]));
  }
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  );
}

/**
 * The JSON Merge Patch (RFC 7396) that makes `after` of `before`. It cannot express that a member becomes
 * null: there, null takes the member away. See newNulls.
 */
export function mergePatch(before: Json, after: Json): Json {
  const gone = Object.keys(before)
    .filter((name) => !Object.hasOwn(after, name))
    .map((name): [string, unknown] => [name, null]);
  const changed = Object.entries(after)
    .filter(([name, value]) => !Object.hasOwn(before, name) || !same(before[name], value))
    .map(([name, value]): [string, unknown] => {
      const old = Object.hasOwn(before, name) ? before[name] : undefined;
      return [name, isObject(value) && isObject(old) ? mergePatch(old, value) : value];
    });
  return Object.fromEntries([...gone, ...changed]); // fromEntries: "__proto__" is a name like any other
}

/** Where `after` has a null that a merge patch of `before` cannot bring: the paths to them. */
export function newNulls(before: unknown, after: Json, path: string[] = []): string[][] {
  const old = isObject(before) ? before : {};
  return Object.entries(after).flatMap(([name, value]) => {
    const was = Object.hasOwn(old, name) ? old[name] : undefined;
    if (value === null) return was === null ? [] : [[...path, name]];
    return isObject(value) ? newNulls(was, value, [...path, name]) : [];
  });
}
