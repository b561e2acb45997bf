import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Draft, Faults } from './draft';
import type { Fault, Field } from './field';
import { select } from './json-input';

/** The form of a row. It holds nothing itself: the typed text is the draft. */
export function RowForm({
  form,
  fields,
  draft,
  faults,
  attempt,
  onChange,
  onSave,
}: {
  form: RefObject<HTMLFormElement>;
  fields: readonly Field[];
  draft: Draft;
  faults: Faults;
  attempt: number; // grows when there are faults to be led to
  onChange: (key: string, text: string) => void;
  onSave: () => void;
}) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: typing changes the faults, and must not move the focus
  useEffect(() => showFirst(form.current, fields, faults), [attempt]);
  return (
    <form
      ref={form}
      id="row-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      {fields.map((field, index) => (
        <field.Input
          key={field.key}
          field={field}
          text={draft[field.key] ?? ''}
          fault={faults.at[field.key]}
          first={index === 0}
          onChange={(text) => onChange(field.key, text)}
        />
      ))}
    </form>
  );
}

/** Leads to the first fault: into its field, and in a long text to its place. */
function showFirst(form: HTMLFormElement | null, fields: readonly Field[], { at }: Faults): void {
  const first = fields.find(({ key }) => at[key]);
  const input = first ? form?.elements.namedItem(first.key) : null;
  const fault = first && at[first.key];
  const place = Array.isArray(fault) ? fault[0] : undefined;
  if (input instanceof HTMLTextAreaElement && place) select(input, place);
  else if (input instanceof HTMLElement) input.focus();
}

/** The fields with a date that was begun and not finished: the browser gives no text of it. */
export function halfDates(form: HTMLFormElement | null): Record<string, Fault> {
  const half = [...(form?.elements ?? [])].filter(
    (input) => input instanceof HTMLInputElement && input.validity.badInput,
  );
  return Object.fromEntries(
    half.map((input) => [input.getAttribute('name') ?? '', 'The date or the time is not complete.']),
  );
}
