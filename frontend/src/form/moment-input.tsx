import { useStore } from '@nanostores/preact';
import { capital } from '../list/entity';
import { distance, now } from '../ui/time';
import type { InputProps } from './field';
import { Labelled } from './labelled';
import { fromLocal, PRESETS, toLocal, zoneAt } from './moment';

/** An instant in the person's time zone; empty is `none`. */
export function MomentInput({
  field,
  text,
  fault,
  first,
  onChange,
  none,
  past,
}: InputProps & { none: string; past: string | undefined }) {
  const present = useStore(now);
  return (
    <Labelled
      label={field.label}
      hint={hintOf(text, present, none, past)}
      error={typeof fault === 'string' ? fault : undefined}
    >
      {(ties) => (
        <div class="moment">
          <input
            {...ties}
            type="datetime-local"
            name={field.key}
            autofocus={first}
            max="9999-12-31T23:59"
            value={text}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          <fieldset class="row" aria-label="Common times">
            {PRESETS.map(([label, from]) => (
              <Preset key={label} label={label} onChoose={() => onChange(toLocal(from(new Date())))} />
            ))}
            <Preset label={none} onChoose={() => onChange('')} />
          </fieldset>
        </div>
      )}
    </Labelled>
  );
}

function Preset({ label, onChoose }: { label: string; onChoose: () => void }) {
  return (
    <button type="button" class="secondary small" onClick={onChoose}>
      {label}
    </button>
  );
}

function hintOf(text: string, present: number, none: string, past = ''): string {
  const meaning = fromLocal(text);
  if (!meaning) return `${none}. In your time zone (${zoneAt(new Date(present))}).`;
  const { at, odd } = meaning;
  const zone = zoneAt(at);
  if (odd === 'never') {
    return `The clocks go forward then: this time does not come, ${toLocal(at).slice(11)} is meant (${zone}).`;
  }
  if (odd === 'twice')
    return `The clocks go back then, and this time comes twice: the first is meant (${zone}).`;
  if (at.getTime() <= present) return `In the past${past && `: ${past}`} (${zone}).`;
  return `${capital(distance(at.getTime(), present))} (${zone}).`;
}
