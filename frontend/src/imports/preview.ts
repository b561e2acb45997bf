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
  /** The bytes that the worker would refuse: of no text, or of a text that is not UTF-8. */
  trouble: 'binary' | 'encoding' | null;
}

/** The encodings of files that are not UTF-8; a file is turned into UTF-8 before it is sent. */
export const ENCODINGS = {
  'utf-8': 'UTF-8',
  'windows-1252': 'Windows (Western)',
  'utf-16le': 'UTF-16',
} as const;
export type Encoding = keyof typeof ENCODINGS;

const ROWS = 5;
const BYTES = 256 * 1024; // of the file, of which the beginning is looked at

/** Reads the beginning of a file. Without a delimiter it takes the one that the first line has most of. */
export async function previewOf(file: File, delimiter?: Delimiter): Promise<Preview> {
  const text = (await beginningOf(file)).replace(/^\uFEFF/, '');
  const trouble = troubleIn(file.size > BYTES ? text.slice(0, -4) : text);
  const name = file.name.replace(/\.gz$/i, '');
  if (/\.(ndjson|jsonl)$/i.test(name) || text.startsWith('{')) {
    return { format: 'ndjson', delimiter: 'comma', trouble, ...tableOfLines(text) };
  }
  const by = delimiter ?? guess(text.split('\n', 1)[0] ?? '');
  const [heads = [], ...rows] = parseCsv(text, DELIMITERS[by], ROWS + 1);
  return { format: 'csv', delimiter: by, heads, rows, trouble };
}

/** Text has no zero bytes; U+FFFD is in place of bytes that are not UTF-8. */
function troubleIn(text: string): Preview['trouble'] {
  if (text.includes('\0')) return 'binary';
  return text.includes('\ufffd') ? 'encoding' : null;
}

/** The same file in UTF-8. */
export async function inUtf8(file: File, encoding: Encoding): Promise<File> {
  if (encoding === 'utf-8') return file;
  const packed = await isPacked(file);
  const text = (packed ? unpacked(file) : file.stream())
    .pipeThrough(new TextDecoderStream(encoding))
    .pipeThrough(new TextEncoderStream());
  const name = packed ? file.name.replace(/\.gz$/i, '') : file.name;
  return new File([await new Response(text).blob()], name, { type: packed ? '' : file.type });
}

/** The text at the beginning of a file, unpacked where it is packed by gzip. */
async function beginningOf(file: Blob): Promise<string> {
  const slice = file.slice(0, BYTES);
  if (!(await isPacked(slice))) return slice.text();
  const reader = unpacked(slice).pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    while (text.length < BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
  } catch {
    // It was cut off: the rows before are enough.
  }
  void reader.cancel().catch(() => {});
  return text;
}

async function isPacked(file: Blob): Promise<boolean> {
  const [a, b] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return a === 0x1f && b === 0x8b;
}

const unpacked = (file: Blob) => file.stream().pipeThrough(new DecompressionStream('gzip'));

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

/** The likely uses of a file's columns. A column is for the row's column of the same name, however it is written. */
export function guessed(
  own: readonly string[],
  named: string,
  heads: readonly string[],
): Record<string, string> {
  const plain = (text: string) =>
    text
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_');
  const found: Record<string, string> = {};
  for (const head of heads) {
    const column = own.find((one) => one === plain(head));
    if (column && usual(own, head) !== column && !heads.includes(column)) found[head] = column;
  }
  const targets = heads.map((head) => found[head] ?? usual(own, head));
  const title = heads.find((head) => ['title', 'label'].includes(plain(head)));
  if (title && !targets.includes(named)) found[title] = named;
  return found;
}

/** The fault of a mapping, in words: a column that each row needs is missing, or is there twice. */
export function wrongIn(
  own: readonly string[],
  needed: readonly string[],
  heads: readonly string[],
  chosen: Readonly<Record<string, string>>,
): string[] {
  const targets = heads.map((head) => chosen[head] ?? usual(own, head));
  const missing = needed.filter((column) => !targets.includes(column));
  const twice = [...new Set(targets)].filter(
    (target) => target && targets.filter((one) => one === target).length > 1,
  );
  return [
    ...missing.map((column) => `No column is mapped to ${column}, which each row needs.`),
    ...twice.map((target) => {
      const columns = heads.filter((_, i) => targets[i] === target);
      return `The columns ${columns.join(' and ')} are both mapped to ${target}.`;
    }),
  ];
}

/** The mapping as the API takes it, without the defaults. */
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
