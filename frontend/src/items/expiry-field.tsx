import { useStore } from '@nanostores/preact';
import { distance, now } from '../ui/time';
import { fromLocal, PRESETS, toLocal, zoneAt } from './expiry';
import { Field } from './field';

/** When the item expires, in the person's time zone; empty is never. */
export function ExpiryField({
  text,
  error,
  onChange,
}: {
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}) {
  return (
    <Field label="Expires" hint={hintOf(text, useStore(now))} error={error}>
      {(ties) => (
        <div class="expiry">
          <input
            {...ties}
            type="datetime-local"
            name="expires"
            max="9999-12-31T23:59"
            value={text}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          <fieldset class="row" aria-label="Common expiries">
            {PRESETS.map(([label, from]) => (
              <button
                key={label}
                type="button"
                class="secondary small"
                onClick={() => {
                  const at = from(new Date());
                  onChange(at ? toLocal(at) : '');
                }}
              >
                {label}
              </button>
            ))}
          </fieldset>
        </div>
      )}
    </Field>
  );
}

function hintOf(text: string, present: number): string {
  const meaning = fromLocal(text);
  if (!meaning) return `Never. Times are yours: ${zoneAt(new Date(present))}.`;
  const { at, odd } = meaning;
  const zone = zoneAt(at);
  if (odd === 'never') {
    return `The clocks go forward then: this time does not come, ${toLocal(at).slice(11)} is meant (${zone}).`;
  }
  if (odd === 'twice')
    return `The clocks go back then, and this time comes twice: the first is meant (${zone}).`;
  if (at.getTime() <= present)
    return `That is past: the worker lets the item expire within a minute (${zone}).`;
  return `${capital(distance(at.getTime(), present))} (${zone}).`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
