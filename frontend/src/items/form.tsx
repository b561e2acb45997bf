import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { AttributesField, select } from './attributes-field';
import { type Draft, type Faults, lengthOf, MAX_NAME } from './draft';
import { ExpiryField } from './expiry-field';
import { Field } from './field';

/** The form of an item. It holds nothing itself: what is typed is the draft. */
export function ItemForm({
  form,
  draft,
  faults,
  attempt,
  onChange,
  onSave,
}: {
  form: RefObject<HTMLFormElement>;
  draft: Draft;
  faults: Faults;
  attempt: number; // grows when there are faults to be led to
  onChange: (change: Partial<Draft>) => void;
  onSave: () => void;
}) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: typing changes the faults, and must not move the focus
  useEffect(() => showFirst(form.current, faults), [attempt]);
  return (
    <form
      ref={form}
      id="item-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      <Field label="Name" error={faults.name} hint={`${lengthOf(draft.name)} of ${MAX_NAME} characters`}>
        {(ties) => (
          <input
            {...ties}
            name="name"
            required
            autofocus
            autoComplete="off"
            value={draft.name}
            onInput={(event) => onChange({ name: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Description" error={faults.description}>
        {(ties) => (
          <textarea
            {...ties}
            name="description"
            rows={3}
            value={draft.description}
            onInput={(event) => onChange({ description: event.currentTarget.value })}
          />
        )}
      </Field>
      <AttributesField
        text={draft.attributes}
        faults={faults.attributes}
        onChange={(attributes) => onChange({ attributes })}
      />
      <ExpiryField
        text={draft.expires}
        error={faults.expires}
        onChange={(expires) => onChange({ expires })}
      />
    </form>
  );
}

/** Leads to the first fault: into its field, and in the attributes to its place. */
function showFirst(form: HTMLFormElement | null, faults: Faults): void {
  const first = (['name', 'description', 'attributes', 'expires'] as const).find((name) => faults[name]);
  const input = first ? form?.elements.namedItem(first) : null;
  const place = faults.attributes?.[0];
  if (input instanceof HTMLTextAreaElement && first === 'attributes' && place) select(input, place);
  else if (input instanceof HTMLElement) input.focus();
}

/** Whether a date was begun and not finished: the browser gives no text of it. */
export function hasHalfDate(form: HTMLFormElement | null): boolean {
  const input = form?.elements.namedItem('expires');
  return input instanceof HTMLInputElement && input.validity.badInput;
}
