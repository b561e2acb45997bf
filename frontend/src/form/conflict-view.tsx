import { useEffect, useRef, useState } from 'preact/hooks';
import type { Entity } from '../list/entity';
import type { Read } from '../list/store';
import { type Difference, differences, fieldOf, resolve, type Side } from './conflict';
import type { Field } from './field';
import { type Values, valuesOf } from './values';

/** Two people changed the same row: both versions, side by side, to choose from. */
export function ConflictView({
  entity: { noun, fields },
  base,
  mine,
  theirs,
  onSettle,
  onBack,
}: {
  entity: Entity;
  base: Values;
  mine: Values;
  theirs: Read;
  onSettle: (values: Values, theirs: Read) => void;
  onBack: () => void;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const other = valuesOf(fields, theirs.row);
  const found = differences(fields, base, mine, other);
  const both = found.filter((difference) => difference.by === 'both');
  const [choice, setChoice] = useState<ReadonlyMap<string, Side>>(
    new Map(both.map(({ key }) => [key, 'mine'])),
  );
  useEffect(() => heading.current?.focus(), []);
  const all = (side: Side) => setChoice(new Map(both.map(({ key }) => [key, side])));
  return (
    <section aria-labelledby="conflict">
      <h3 id="conflict" ref={heading} tabIndex={-1}>
        Somebody else has changed this {noun}
      </h3>
      <p>
        {both.length > 0
          ? 'It was saved while you were editing. Choose what to keep; nothing is lost until you save.'
          : 'It was saved while you were editing. Your changes don’t conflict.'}
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
          fields={fields}
          difference={difference}
          side={choice.get(difference.key) ?? 'mine'}
          onChoose={(side) => setChoice((before) => new Map(before).set(difference.key, side))}
        />
      ))}
      <Single fields={fields} title="Only you changed" by="mine" found={found} />
      <Single fields={fields} title="Only they changed" by="theirs" found={found} />
      <p class="row">
        <button type="button" onClick={() => onSettle(resolve(fields, found, other, choice), theirs)}>
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
  fields,
  difference: { key, label, mine, theirs },
  side,
  onChoose,
}: {
  fields: readonly Field[];
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
          <pre>{readable(fields, key, content)}</pre>
        </label>
      ))}
    </fieldset>
  );
}

function Single({
  fields,
  title,
  by,
  found,
}: {
  fields: readonly Field[];
  title: string;
  by: Side;
  found: Difference[];
}) {
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
              <pre>{readable(fields, difference.key, difference[by])}</pre>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function readable(fields: readonly Field[], part: string, value: unknown): string {
  return value === undefined ? '(removed)' : (fieldOf(fields, part)?.readable(value) ?? String(value));
}
