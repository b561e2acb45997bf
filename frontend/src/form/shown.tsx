import type { ComponentChildren } from 'preact';
import { write } from '../api/exact';
import { CopyButton } from '../ui/copy';
import { number } from '../ui/number';
import { Time } from '../ui/time';

/** In place of a value that is not there. */
export function Nothing() {
  return <>—</>;
}

/** An instant both ways: how far away, and exactly. */
export function Moment({ at }: { at: string }) {
  return (
    <>
      <Time at={at} exact={false} />{' '}
      <small>
        <Time at={at} exact />
      </small>
    </>
  );
}

const LINES = 40;
const CHARACTERS = 2_000; // on a narrow screen, some two of its heights

/** Whether a text would push the rest of its page out of sight. */
export function isLong(text: string): boolean {
  return text.length > CHARACTERS || text.split('\n').length > LINES;
}

/** A text of a person's, its beginning alone where it is long. */
export function Prose({ label, text }: { label: string; text: string }) {
  return (
    <section class="panel" aria-label={label}>
      {isLong(text) ? (
        <details class="fold">
          <summary>
            <span class="prose beginning" dir="auto">
              {text.slice(0, CHARACTERS / 4)}…
            </span>
            <span class="turn">All {number([...text].length)} characters</span>
          </summary>
          <p class="prose" dir="auto">
            {text}
          </p>
        </details>
      ) : (
        <p class="prose" dir="auto">
          {text}
        </p>
      )}
    </section>
  );
}

/** An object as JSON: text, whatever is in it. */
export function JsonPanel({ name, label, value }: { name: string; label: string; value: object }) {
  const text = write(value, '  ');
  return (
    <section class="panel" aria-labelledby={name}>
      <header class="panel-head">
        <h2 id={name}>{label}</h2>
        {text !== '{}' && <CopyButton what={label} text={text} />}
      </header>
      {text === '{}' ? (
        <p class="quiet">None.</p>
      ) : (
        <details open={!isLong(text)}>
          <summary>{sizeOf(text)}</summary>
          <pre class="json">{text}</pre>
        </details>
      )}
    </section>
  );
}

function sizeOf(text: string): string {
  const lines = text.split('\n').length;
  if (text.length > CHARACTERS) return `JSON, ${number(text.length)} characters`;
  return lines === 1 ? 'JSON' : `JSON, ${lines} lines`;
}

/** A value with a button that copies it. */
export function Copied({
  what,
  text,
  children,
}: {
  what: string;
  text: string;
  children: ComponentChildren;
}) {
  return (
    <>
      {children} <CopyButton what={what} text={text} />
    </>
  );
}
