import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** The attributes that tie an input to its label, its hint and its fault. */
export interface Ties {
  id: string;
  'aria-describedby': string;
  'aria-invalid'?: true;
}

/** A field of a form: its label, its hint, and the fault of its value. */
export function Labelled({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ComponentChildren;
  error?: ComponentChildren;
  children: (ties: Ties) => ComponentChildren;
}) {
  const id = useId();
  const ties: Ties = {
    id,
    'aria-describedby': `${id}-error ${id}-hint`,
    ...(error ? { 'aria-invalid': true } : {}),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(ties)}
      <span class="error" id={`${id}-error`} hidden={!error}>
        {error}
      </span>
      <span class="hint" id={`${id}-hint`} hidden={!hint}>
        {hint}
      </span>
    </div>
  );
}
