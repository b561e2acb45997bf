// This file brings a parser with it: import() it when the form of an object opens.
import {
  applyEdits,
  findNodeAtLocation,
  format,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { read } from '../api/exact';
import { isObject, type Json, newNulls } from './merge';
import type { TextFault } from './place';

const STRICT = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

const MESSAGES: Partial<Record<ReturnType<typeof printParseErrorCode>, string>> = {
  InvalidSymbol: 'invalid JSON: strings and names need double quotes',
  InvalidNumberFormat: 'this is not a number as JSON writes it',
  PropertyNameExpected: 'the name of a member is expected here, in double quotes',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a colon is missing before this',
  CommaExpected: 'a comma is missing before this',
  CloseBraceExpected: 'a closing brace } is missing',
  CloseBracketExpected: 'a closing bracket ] is missing',
  EndOfFileExpected: 'the text should have ended before this',
  InvalidCommentToken: 'comments are not allowed in JSON',
  UnexpectedEndOfComment: 'comments are not allowed in JSON',
  UnexpectedEndOfString: 'a double quote is missing at the end of this text',
  UnexpectedEndOfNumber: 'this number is not complete',
  InvalidUnicode: 'after \\u four hexadecimal digits are expected',
  InvalidEscapeCharacter: 'after \\ one of " \\ / b f n r t u is expected',
  InvalidCharacter: 'a line break or tab inside a text is written as \\n or \\t',
};

/** Reads an object, {} for an empty text, or its first faults. `before` is the value before the change. */
export function readObject(text: string, before: Json | null): Json | TextFault[] {
  if (text.trim() === '') return {};
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, STRICT);
  const first = errors[0];
  if (first || !tree) {
    const message = MESSAGES[printParseErrorCode(first?.error ?? 1)] ?? 'invalid JSON';
    return [{ ...placed(text, first), message }];
  }
  if (tree.type !== 'object') return [fault(tree, 'an object is expected: { "name": value }')];
  const faults = repeated(tree);
  if (faults.length > 0) return faults;
  const value = read(text);
  if (!isObject(value)) return [fault(tree, 'an object is expected: { "name": value }')];
  const nulls = before ? newNulls(before, value) : [];
  const at = nulls.map((path) => findNodeAtLocation(tree, path) ?? tree);
  if (at.length === 0) return value;
  return at.map((node) =>
    fault(node, 'a change cannot set null: it takes a member away. Leave the member out, or use "" or false'),
  );
}

/** The place of a JSON pointer, such as "#/attributes/a/0", in the text of its field. */
export function placeOf(text: string, pointer: string): Omit<TextFault, 'message'> {
  let node = parseTree(text, [], STRICT);
  for (const part of pointer.split('/').slice(2)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const below = node && findNodeAtLocation(node, [node.type === 'array' ? Number(name) : name]);
    if (!below) break; // a missing member is a fault of the object that lacks it
    node = below;
  }
  return { offset: node?.offset ?? 0, length: node?.length ?? 0 };
}

/** The text laid out, its values as they were written. A text with faults stays as it is. */
export function formatted(text: string): string {
  const errors: ParseError[] = [];
  parseTree(text, errors, STRICT);
  if (errors.length > 0) return text;
  return applyEdits(
    text.trim(),
    format(text.trim(), undefined, { insertSpaces: true, tabSize: 2, eol: '\n' }),
  );
}

function fault(node: Node, message: string): TextFault {
  return { message, offset: node.offset, length: node.length };
}

/** A fault's place is the last thing there is when the text ended too early. */
function placed(text: string, error: ParseError | undefined): Omit<TextFault, 'message'> {
  const end = text.trimEnd().length;
  const offset = Math.min(error?.offset ?? 0, end);
  return { offset, length: Math.min(error?.length ?? 0, end - offset) };
}

/** The names that an object has a second time: only one of their values would be kept. */
function repeated(node: Node): TextFault[] {
  const names = new Set<unknown>();
  return (node.children ?? []).flatMap((child) => {
    const [key, value] = child.children ?? [];
    if (child.type !== 'property' || !key) return repeated(child);
    if (names.has(key.value)) return [fault(key, 'this name is there twice in one object')];
    names.add(key.value);
    return value ? repeated(value) : [];
  });
}
