import { read, write } from '../api/exact';

export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
export type Delimiter = keyof typeof DELIMITERS;
export type Format = 'csv' | 'ndjson';

/** The beginning of a file, as a table. */
export interface Preview {
  format: Format;
  delimiter: Delimiter;
  heads: string[];
  rows: string[][];
}

const ROWS = 5;
const BYTES = 256 * 1024; // of the file, of which the beginning is looked at

/** Reads the beginning of a file. Without a delimiter it takes the one that the first line has most of. */
export async function previewOf(file: File, delimiter?: Delimiter): Promise<Preview> {
  const text = (await beginningOf(file)).replace(/^\uFEFF/, '');
  const name = file.name.replace(/\.gz$/i, '');
  if (/\.(ndjson|jsonl)$/i.test(name) || text.startsWith('{')) {
    return { format: 'ndjson', delimiter: 'comma', ...tableOfLines(text) };
  }
  const by = delimiter ?? guess(text.split('\n', 1)[0] ?? '');
  const [heads = [], ...rows] = parseCsv(text, DELIMITERS[by], ROWS + 1);
  return { format: 'csv', delimiter: by, heads, rows };
}

/** The text at the beginning of a file, unpacked where it is packed by gzip. */
async function beginningOf(file: Blob): Promise<string> {
  const slice = file.slice(0, BYTES);
  const [a, b] = new Uint8Array(await slice.slice(0, 2).arrayBuffer());
  if (a !== 0x1f || b !== 0x8b) return slice.text();
  const reader = slice
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let text = '';
  try {
    while (text.length < BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
  } catch {
    // It was cut off: what came before is enough.
  }
  void reader.cancel().catch(() => {});
  return text;
}

export function guess(line: string): Delimiter {
  const counts = Object.entries(DELIMITERS).map(([name, sign]) => [line.split(sign).length, name] as const);
  counts.sort(([a], [b]) => b - a);
  return (counts[0]?.[1] ?? 'comma') as Delimiter;
}

/** Reads at most so many rows of CSV (RFC 4180). The last one may be cut off. */
export function parseCsv(text: string, delimiter: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    cell = '';
  };
  for (let i = 0; i < text.length && rows.length < most; i++) {
    const sign = text[i] ?? '';
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (sign === '"' && cell === '') quoted = true;
    else if (sign === delimiter) {
      row.push(cell);
      cell = '';
    } else if (sign === '\n') endRow();
    else if (sign !== '\r') cell += sign;
  }
  if (rows.length < most) endRow();
  return rows;
}

function tableOfLines(text: string): Pick<Preview, 'heads' | 'rows'> {
  const objects = text
    .split('\n')
    .slice(0, ROWS)
    .map(objectOf)
    .filter((object) => object !== null);
  const heads = [...new Set(objects.flatMap(Object.keys))];
  return {
    heads,
    rows: objects.map((object) => heads.map((head) => textOf((object as Record<string, unknown>)[head]))),
  };
}

function objectOf(line: string): object | null {
  try {
    const value = read(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null; // cut off, or broken, which the import will tell
  }
}

const textOf = (value: unknown) =>
  value === undefined ? '' : typeof value === 'string' ? value : write(value);

/** The usual target of a column: the row's own column of this name, or an attribute. */
export function usual(own: readonly string[], head: string): string {
  return own.find((column) => column === head) ?? `attributes.${head}`;
}

/** The mapping as the API takes it: what is not as usual. */
export function columnsOf(
  own: readonly string[],
  heads: readonly string[],
  chosen: Readonly<Record<string, string>>,
): string {
  const other = heads.filter((head) => (chosen[head] ?? usual(own, head)) !== usual(own, head));
  return other.length === 0
    ? ''
    : JSON.stringify(Object.fromEntries(other.map((head) => [head, chosen[head]])));
}
