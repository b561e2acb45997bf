import { type ApiProblem, explain, Unreachable } from '../api/problem';
import { capital, type Entity, one, type Row } from '../list/entity';
import type { Fault, Field } from './field';
import { type Values, valueIn, valuesOf } from './values';

/** The texts in the form, as they were typed, by field. */
export type Draft = Readonly<Record<string, string>>;

/** The faults of a draft, by field; `form` is a fault of none of them. */
export interface Faults {
  at: Readonly<Record<string, Fault>>;
  form?: string;
}

export const NO_FAULTS: Faults = { at: {} };

/** The draft of some values; without them, an empty one. */
export function draftOf(fields: readonly Field[], values?: Values): Draft {
  return Object.fromEntries(
    fields.map((field) => [field.key, values ? field.typed(values[field.key] ?? null) : '']),
  );
}

/** Reads a draft. `before` is the row that it changes, if any: a field without a change keeps the value that was read. */
export async function readDraft(
  entity: Entity,
  draft: Draft,
  before: Row | null,
): Promise<{ values: Values; faults: Faults }> {
  const values: Values = {};
  const at: Record<string, Fault> = {};
  const was = before && draftOf(entity.fields, valuesOf(entity.fields, before));
  for (const field of entity.fields) {
    const { key } = field;
    const typed = draft[key] ?? '';
    if (before && was?.[key] === typed) {
      values[key] = valueIn(before, key);
      continue;
    }
    const read = await field.read(typed, before ? valueIn(before, key) : undefined);
    if (field.required && typed.trim() === '') at[key] = needed(entity, field);
    else if ('fault' in read) at[key] = read.fault;
    else values[key] = read.value;
  }
  return { values, faults: { at } };
}

function needed(entity: Entity, { label }: Field): string {
  return `${capital(one(entity))} needs a ${label.toLowerCase()}.`;
}

/** The faults that the API found, at the fields of the form. */
export async function faultsOf({ fields }: Entity, problem: ApiProblem, draft: Draft): Promise<Faults> {
  const at: Record<string, Fault> = {};
  for (const { key, places } of fields) {
    const errors = problem.at(`#/${key}`);
    if (errors.length === 0) continue;
    at[key] = places
      ? await places(errors, draft[key] ?? '')
      : errors.map(({ detail }) => sentence(detail)).join(' ');
  }
  return Object.keys(at).length > 0 ? { at } : { at, form: problem.message };
}

/** A value that another row has, at its field; null where the API's 409 is about something else. */
export function takenBy(entity: Entity, problem: ApiProblem): Faults | null {
  const field = entity.fields.find(({ unique, key }) => unique && problem.message.includes(key));
  if (!field) return null;
  return { at: { [field.key]: `Another ${entity.noun} has this ${field.label}. Choose another one.` } };
}

/** The API's details continue the name of a field: "must not be empty". */
function sentence(detail: string): string {
  return /^[a-z]/.test(detail) ? `It ${detail}.` : detail;
}

/** Why nothing was saved, for the form. The typed text is still there. */
export function whyNot(error: unknown): string {
  const { title, detail } = explain(error);
  if (!(error instanceof Unreachable)) return `Not saved: ${title}. ${detail}`;
  return `Not saved: ${title}. What you typed is kept here; save again when it is back.`;
}
