import { useId, useRef } from 'preact/hooks';

/** A text of a schedule, which can go back to the default that the task declares. */
export function TextField({
  name,
  label,
  value,
  onChange,
  faults,
  hint,
  choices,
}: {
  name: string;
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
  faults: readonly string[];
  hint: string;
  choices?: readonly string[];
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="field">
      <div class="label">
        <label for={id}>{label}</label>
        <button
          type="button"
          class="link"
          aria-disabled={value === null}
          onClick={() => {
            onChange(null);
            input.current?.focus();
          }}
        >
          Reset to default<span class="visually-hidden"> of {label.toLowerCase()}</span>
        </button>
      </div>
      <input
        ref={input}
        id={id}
        name={name}
        type="text"
        autocomplete="off"
        spellcheck={false}
        value={value ?? ''}
        placeholder={value === null ? 'Default of the task' : ''}
        list={choices ? `${id}-choices` : undefined}
        aria-invalid={faults.length > 0 ? 'true' : undefined}
        aria-describedby={`${id}-error ${id}-hint`}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {choices && (
        <datalist id={`${id}-choices`}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      {faults.length > 0 && (
        <span class="error" id={`${id}-error`}>
          {faults.join('; ')}
        </span>
      )}
      <span class="hint" id={`${id}-hint`}>
        {value === null ? 'The default applies once this is saved.' : hint}
      </span>
    </div>
  );
}

/** One of a few policies, each explained. */
export function PolicyField<P extends string>({
  name,
  label,
  value,
  options,
  onChange,
  faults,
}: {
  name: string;
  label: string;
  value: P | null;
  options: Readonly<Record<P, string>>;
  onChange: (value: P | null) => void;
  faults: readonly string[];
}) {
  return (
    <fieldset class="field" aria-invalid={faults.length > 0 ? 'true' : undefined}>
      <legend>{label}</legend>
      {keysOf(options).map((option) => (
        <label key={option}>
          <input type="radio" name={name} checked={value === option} onChange={() => onChange(option)} />
          <span>
            {options[option]} <small>{option}</small>
          </span>
        </label>
      ))}
      <label>
        <input type="radio" name={name} checked={value === null} onChange={() => onChange(null)} />
        <span>Reset to default</span>
      </label>
      {faults.length > 0 && <span class="error">{faults.join('; ')}</span>}
    </fieldset>
  );
}

function keysOf<P extends string>(options: Readonly<Record<P, string>>): P[] {
  return Object.keys(options).filter((key): key is P => key in options);
}
