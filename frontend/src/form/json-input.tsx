import { useRef } from 'preact/hooks';
import type { InputProps } from './field';
import { Labelled } from './labelled';
import { lineAndColumn, type TextFault } from './place';

const MOST = 3; // faults told at once

/** A JSON object as text. A fault says where it is, and leads there. */
export function JsonInput({ field, text, fault, first, onChange }: InputProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const layOut = async () => {
    const { formatted } = await import('./json.later');
    onChange(formatted(text));
    area.current?.focus();
  };
  return (
    <Labelled
      label={field.label}
      hint={
        <>
          A JSON object, such as <code>{'{"colour": "red", "size": [2, 3]}'}</code>.{' '}
          <button type="button" class="link" onClick={() => void layOut()}>
            Format
          </button>
        </>
      }
      error={
        typeof fault === 'string'
          ? fault
          : fault
              ?.slice(0, MOST)
              .map((one) => (
                <Place
                  key={`${one.offset} ${one.message}`}
                  fault={one}
                  text={text}
                  onGo={() => select(area.current, one)}
                />
              ))
      }
    >
      {(ties) => (
        <textarea
          {...ties}
          ref={area}
          class="code"
          name={field.key}
          autofocus={first}
          rows={6}
          spellcheck={false}
          autoCapitalize="off"
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

function Place({ fault, text, onGo }: { fault: TextFault; text: string; onGo: () => void }) {
  const { line, column } = lineAndColumn(text, fault.offset);
  return (
    <span class="place">
      Line {line}, column {column}: {fault.message}.{' '}
      <button type="button" class="link" onClick={onGo}>
        Go there
      </button>
    </span>
  );
}

/** Puts the cursor on a fault, and brings it into view. */
export function select(area: HTMLTextAreaElement | null, { offset, length }: TextFault): void {
  if (!area) return;
  area.focus();
  area.setSelectionRange(offset, offset + length);
  const line = area.value.slice(0, offset).split('\n').length - 1;
  const lines = Math.max(1, area.value.split('\n').length);
  area.scrollTop = (area.scrollHeight * line) / lines - area.clientHeight / 2;
}
