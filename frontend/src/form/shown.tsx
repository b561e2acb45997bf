import { write } from '../api/exact';
import { Time } from '../ui/time';

/** In place of a value that is not there. */
export function Nothing() {
  return <>—</>;
}

/** An instant both ways: how far away, and exactly. */
export function Moment({ at }: { at: string }) {
  return (
    <>
      <Time at={at} />{' '}
      <small>
        <Time at={at} exact />
      </small>
    </>
  );
}

const LONG = 40; // lines

/** An object as JSON: text, whatever is in it. */
export function JsonPanel({ name, label, value }: { name: string; label: string; value: object }) {
  const text = write(value, '  ');
  const lines = text.split('\n').length;
  return (
    <section class="panel" aria-labelledby={name}>
      <h2 id={name}>{label}</h2>
      {Object.keys(value).length === 0 ? (
        <p class="quiet">None.</p>
      ) : (
        <details open={lines <= LONG}>
          <summary>{lines === 1 ? 'JSON' : `JSON, ${lines} lines`}</summary>
          <pre class="json">{text}</pre>
        </details>
      )}
    </section>
  );
}
