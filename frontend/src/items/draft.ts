import type { Item } from '../api/client';
import type { ApiProblem } from '../api/problem';
import type { Fields } from './conflict';
import { fieldsOf } from './conflict';
import { expiresAt, fromLocal, toLocal } from './expiry';
import { isObject, type Json } from './merge';
import type { TextFault } from './place';

export const MAX_NAME = 255;
export const MAX_DESCRIPTION = 10_000;

/** What is in the form, as it was typed. */
export interface Draft {
  name: string;
  description: string;
  attributes: string;
  expires: string;
}

/** What is wrong with a draft, by field; `form` is what belongs to none. */
export interface Faults {
  name?: string;
  description?: string;
  expires?: string;
  attributes?: TextFault[];
  form?: string;
}

export const EMPTY: Draft = { name: '', description: '', attributes: '', expires: '' };

export function draftOf(fields: Fields): Draft {
  return {
    name: fields.name,
    description: fields.description,
    attributes: Object.keys(fields.attributes).length > 0 ? JSON.stringify(fields.attributes, null, 2) : '',
    expires: fields.expires_at === null ? '' : toLocal(fields.expires_at),
  };
}

/** How many characters a text has as the API counts them: code points. */
export function lengthOf(text: string): number {
  return [...text].length;
}

/** Reads a draft. `before` is the item that it changes, if any. The parser comes when it is first needed. */
export async function readDraft(
  draft: Draft,
  before: Item | null,
): Promise<{ fields: Fields; faults: Faults }> {
  const { readAttributes } = await import('./json');
  const attributes = readAttributes(draft.attributes, before?.attributes ?? null);
  const faults: Faults = {};
  if (draft.name.trim() === '') faults.name = 'An item needs a name.';
  else if (lengthOf(draft.name) > MAX_NAME) faults.name = tooLong(draft.name, MAX_NAME);
  if (lengthOf(draft.description) > MAX_DESCRIPTION) {
    faults.description = tooLong(draft.description, MAX_DESCRIPTION);
  }
  if (draft.expires !== '' && !fromLocal(draft.expires)) {
    faults.expires = 'This is not a date and time. Choose one, or “Never”.';
  }
  const wrong = Array.isArray(attributes) ? attributes : [];
  if (wrong.length > 0) faults.attributes = wrong;
  const fields: Fields = {
    name: draft.name,
    description: draft.description,
    expires_at: expiresAt(draft.expires, before?.expires_at ?? null),
    attributes: isObject(attributes) ? attributes : {},
  };
  return { fields: before ? untouched(draft, fields, before) : fields, faults };
}

/** What was not typed in stays as it was read, be it written otherwise. */
function untouched(draft: Draft, fields: Fields, before: Item): Fields {
  const was = fieldsOf(before);
  return draft.attributes === draftOf(was).attributes ? { ...fields, attributes: was.attributes } : fields;
}

function tooLong(text: string, most: number): string {
  const over = lengthOf(text) - most;
  return `This is ${over} ${over === 1 ? 'character' : 'characters'} too long: ${most} fit.`;
}

/** What the API found wrong, at the fields of the form. */
export async function faultsOf(problem: ApiProblem, draft: Draft): Promise<Faults> {
  const { placeOf } = await import('./json');
  const said = (pointer: string) =>
    problem
      .at(pointer)
      .map((e) => sentence(e.detail))
      .join(' ');
  const attributes = problem.at('#/attributes').map((e) => ({
    message: e.detail,
    ...placeOf(draft.attributes, e.pointer ?? '#/attributes'),
  }));
  const [name, description, expires] = [said('#/name'), said('#/description'), said('#/expires_at')];
  const placed = name || description || expires || attributes.length > 0;
  return {
    ...(name ? { name } : {}),
    ...(description ? { description } : {}),
    ...(expires ? { expires } : {}),
    ...(attributes.length > 0 ? { attributes } : {}),
    ...(placed ? {} : { form: problem.message }),
  };
}

/** The API's details continue the name of a field: "must not be empty". */
function sentence(detail: string): string {
  return /^[a-z]/.test(detail) ? `It ${detail}.` : detail;
}

/** The body that makes a new item: no more than was filled in. */
export function creation(fields: Fields): { name: string } & Partial<Json> {
  return {
    name: fields.name,
    ...(fields.description ? { description: fields.description } : {}),
    ...(fields.expires_at === null ? {} : { expires_at: fields.expires_at }),
    ...(Object.keys(fields.attributes).length > 0 ? { attributes: fields.attributes } : {}),
  };
}
