import type { InputProps } from './field';
import { Labelled } from './labelled';

/** How many characters a text has as the API counts them: code points. */
export function lengthOf(text: string): number {
  return [...text].length;
}

/** A text: a line, or `rows` of them. */
export function TextInput({
  field,
  text,
  fault,
  first,
  onChange,
  hint,
  rows,
}: InputProps & { hint?: string | undefined; rows?: number }) {
  return (
    <Labelled label={field.label} error={typeof fault === 'string' ? fault : undefined} hint={hint}>
      {(ties) =>
        rows ? (
          <textarea
            {...ties}
            name={field.key}
            rows={rows}
            autofocus={first}
            value={text}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        ) : (
          <input
            {...ties}
            name={field.key}
            required={field.required ?? false}
            autofocus={first}
            autoComplete="off"
            value={text}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        )
      }
    </Labelled>
  );
}
