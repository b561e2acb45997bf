import { write } from '../api/exact';
import type { Field, InputProps } from './field';
import { Labelled } from './labelled';
import { Nothing } from './shown';
import { TextInput } from './text-input';

type Options = Pick<Field, 'required' | 'unique'>;

/** A number. */
export function number<K extends string>(
  key: K,
  label: string,
  { whole = false, hint, ...others }: Options & { whole?: boolean; hint?: string } = {},
): Field<K, number> {
  const form = whole ? /^-?\d+$/ : /^-?\d+([.]\d+)?$/;
  return {
    key,
    label,
    ...others,
    Input: (props) => <TextInput {...props} hint={hint} />,
    typed: (value) => (value === null ? '' : write(value)),
    read: (typed) => {
      const trimmed = typed.trim();
      if (trimmed === '') return { value: null };
      const value = Number(trimmed);
      if (form.test(trimmed) && (!whole || Number.isSafeInteger(value))) return { value };
      return {
        fault: whole ? 'This is not a whole number, such as 12.' : 'This is not a number, such as 1.5.',
      };
    },
    readable: (value) => (value === null || value === undefined ? '(empty)' : write(value)),
    shown: (value) => (value === null ? <Nothing /> : write(value)),
  };
}

/** One of several values, each with its text. The first one is that of a new row. */
export function choice<K extends string, const V extends string>(
  key: K,
  label: string,
  options: readonly (readonly [value: V, text: string])[],
): Field<K, V> {
  const textOf = (value: unknown) => options.find(([known]) => known === value)?.[1] ?? String(value ?? '');
  return {
    key,
    label,
    required: true,
    Input: (props) => <Select {...props} options={options} />,
    typed: (value) => value ?? options[0]?.[0] ?? '',
    read: (typed) => {
      const known = options.find(([value]) => value === typed);
      return known ? { value: known[0] } : { fault: 'Choose one of the list.' };
    },
    readable: textOf,
    shown: (value) => (value === null ? <Nothing /> : textOf(value)),
  };
}

/** Yes or no. A new row has no. */
export function flag<K extends string>(key: K, label: string): Field<K, boolean> {
  const { Input, readable } = choice(key, label, [
    ['false', 'No'],
    ['true', 'Yes'],
  ]);
  return {
    key,
    label,
    Input,
    typed: (value) => String(value ?? false),
    read: (typed) => ({ value: typed === 'true' }),
    readable: (value) => readable(String(value ?? false)),
    shown: (value) => (value ? 'Yes' : 'No'),
  };
}

function Select({
  field,
  text,
  fault,
  first,
  onChange,
  options,
}: InputProps & { options: readonly (readonly [value: string, text: string])[] }) {
  return (
    <Labelled label={field.label} error={typeof fault === 'string' ? fault : undefined}>
      {(ties) => (
        <select
          {...ties}
          name={field.key}
          autofocus={first}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {options.map(([value, shown]) => (
            <option key={value} value={value}>
              {shown}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}
