/**
 * A number of a JSON text that JavaScript would write otherwise: 9007199254740993, 1e399, 1.50. It keeps its digits from
 * the API to the page and back.
 */
export class Exact {
  constructor(readonly text: string) {}

  /** JSON.stringify has no way to write these digits as a number, so it fails instead of changing them. */
  toJSON(): never {
    throw new TypeError(`JSON.stringify cannot write the number ${this.text}: use write of api/exact.ts`);
  }
}

// A text, with the colon of a name behind it, or something like a number. Names and invalid numbers stay as they are.
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d[\d.eE+-]*/g;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const MARKED = /^"(?:#|\\u0023)/;

/**
 * Reads JSON as JSON.parse does, but a number that it would change is an Exact. Such numbers pass JSON.parse as texts
 * behind a #; texts that begin with a # get another one, so that neither is taken for the other.
 */
export function read(text: string): unknown {
  let found = false;
  const marked = text.replace(TOKEN, (token, quoted?: string, colon?: string) => {
    if (quoted) return !colon && MARKED.test(quoted) ? `"#${quoted.slice(1)}` : token;
    if (String(Number(token)) === token || !NUMBER.test(token)) return token;
    found = true;
    return `"#${token}"`;
  });
  if (!found) return JSON.parse(text);
  return JSON.parse(marked, (_, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith('#')) return value;
    return value.startsWith('##') ? value.slice(1) : new Exact(value.slice(1));
  });
}

/** Writes JSON as JSON.stringify does, each Exact as it was read. `indent` lays it out in lines. */
export function write(value: unknown, indent = '', outer = '\n'): string {
  if (value instanceof Exact) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const inner = outer + indent;
  const parts = Array.isArray(value)
    ? value.map((element) => write(element, indent, inner))
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => `${JSON.stringify(name)}:${indent && ' '}${write(member, indent, inner)}`);
  if (parts.length === 0 || !indent) return `${open}${parts.join()}${close}`;
  return `${open}${inner}${parts.join(`,${inner}`)}${outer}${close}`;
}
