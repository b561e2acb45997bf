import { useEffect, useRef, useState } from 'preact/hooks';
import { dateTime } from '../ui/time';
import { type Difference, differences, type Fields, fieldsOf, resolve, type Side } from './conflict';
import type { Read } from './save';

/** Two people changed the same item: both versions, side by side, to choose from. */
export function ConflictView({
  base,
  mine,
  theirs,
  onSettle,
  onBack,
}: {
  base: Fields;
  mine: Fields;
  theirs: Read;
  onSettle: (fields: Fields, theirs: Read) => void;
  onBack: () => void;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const found = differences(base, mine, fieldsOf(theirs.item));
  const both = found.filter((difference) => difference.by === 'both');
  const [choice, setChoice] = useState<ReadonlyMap<string, Side>>(
    new Map(both.map(({ key }) => [key, 'mine'])),
  );
  useEffect(() => heading.current?.focus(), []);
  const all = (side: Side) => setChoice(new Map(both.map(({ key }) => [key, side])));
  return (
    <section aria-labelledby="conflict">
      <h3 id="conflict" ref={heading} tabIndex={-1}>
        Somebody else has changed this item
      </h3>
      <p>
        {both.length > 0
          ? 'It was saved while you were editing. Choose what to keep; nothing is lost until you save.'
          : 'It was saved while you were editing. Your changes and theirs do not touch each other.'}
      </p>
      {both.length > 1 && (
        <p class="row">
          <button type="button" class="secondary small" onClick={() => all('mine')}>
            Keep mine
          </button>
          <button type="button" class="secondary small" onClick={() => all('theirs')}>
            Take theirs
          </button>
        </p>
      )}
      {both.map((difference) => (
        <Choice
          key={difference.key}
          difference={difference}
          side={choice.get(difference.key) ?? 'mine'}
          onChoose={(side) => setChoice((before) => new Map(before).set(difference.key, side))}
        />
      ))}
      <Single title="Only you changed" by="mine" found={found} />
      <Single title="Only they changed" by="theirs" found={found} />
      <p class="row">
        <button type="button" onClick={() => onSettle(resolve(found, fieldsOf(theirs.item), choice), theirs)}>
          Save this
        </button>
        <button type="button" class="secondary" onClick={onBack}>
          Back to the form
        </button>
      </p>
    </section>
  );
}

function Choice({
  difference: { key, label, mine, theirs },
  side,
  onChoose,
}: {
  difference: Difference;
  side: Side;
  onChoose: (side: Side) => void;
}) {
  const options: [Side, string, unknown][] = [
    ['mine', 'Yours', mine],
    ['theirs', 'Theirs', theirs],
  ];
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map(([value, name, content]) => (
        <label key={value}>
          <input
            type="radio"
            name={`choice ${key}`}
            checked={side === value}
            onChange={() => onChoose(value)}
          />
          {name}
          <pre>{readable(key, content)}</pre>
        </label>
      ))}
    </fieldset>
  );
}

function Single({ title, by, found }: { title: string; by: Side; found: Difference[] }) {
  const changed = found.filter((difference) => difference.by === by);
  if (changed.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl class="facts">
        {changed.map((difference) => (
          <div key={difference.key}>
            <dt>{difference.label}</dt>
            <dd>
              <pre>{readable(difference.key, difference[by])}</pre>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function readable(key: string, value: unknown): string {
  if (value === undefined) return '(removed)';
  if (key === 'expires_at') return typeof value === 'string' ? dateTime(value) : 'Never';
  if (key.startsWith('attributes/')) return JSON.stringify(value, null, 2);
  return value === '' ? '(empty)' : String(value);
}
