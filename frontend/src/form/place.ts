/** A fault in a text, and its place. */
export interface TextFault {
  message: string;
  offset: number;
  length: number;
}

/** Line and column of a place, from 1; a column is a code point. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 };
}
