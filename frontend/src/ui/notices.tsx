import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';
import { useEffect, useRef } from 'preact/hooks';
import { explain } from '../api/problem';

/** A short message about an action that has just ended, with the next action that it allows. */
interface Notice {
  id: number;
  tone: 'good' | 'bad';
  text: string;
  detail?: string;
  action?: { label: string; run: () => void };
}

const notices = atom<readonly Notice[]>([]);
const STAYS = 10_000; // milliseconds; long enough to read it and to reach its button
const MOST = 4; // of those that offer nothing to do
let lastId = 0;

// First strong isolate and its end, which say where a name is until it is shown.
const [ISOLATE, END] = ['\u2068', '\u2069'];
const NAME = /\u2068(.*)\u2069/s;

/** A name of a person's in a notice: it keeps its direction to itself, and its marks of direction out. */
export function quoted(name: string): string {
  return `“${ISOLATE}${name}${END}”`;
}

/** A text with the names in it by themselves. */
function Said({ text }: { text: string }) {
  const [before = '', name, after] = text.split(NAME);
  return (
    <>
      {before}
      {name !== undefined && <bdi>{name}</bdi>}
      {after}
    </>
  );
}

/** Tells the person of a result, for ten seconds. */
export function tell(text: string, action?: Notice['action']): void {
  add({ tone: 'good', text, ...(action ? { action } : {}) });
}

/** Tells the person of an error, until the notice is closed. */
export function complain(what: string, error: unknown): void {
  const { title, detail } = explain(error);
  add({ tone: 'bad', text: `${what}: ${title}`, detail });
}

function add(notice: Omit<Notice, 'id'>): void {
  const id = ++lastId;
  notices.set(bounded([...notices.get(), { ...notice, id }]));
  if (notice.tone === 'good') leaveLater(id);
}

/** Leaves out the oldest notices when there are too many. A notice with an action stays for its time. */
function bounded(all: readonly Notice[]): readonly Notice[] {
  const spare = all.filter((notice) => !notice.action).slice(0, -MOST);
  return all.filter((notice) => !spare.includes(notice));
}

/** Goes once neither the pointer nor the focus is in it. */
function leaveLater(id: number): void {
  setTimeout(() => {
    const used = document.querySelector(`[data-notice="${id}"]:is(:hover, :focus-within)`);
    if (used) leaveLater(id);
    else close(id);
  }, STAYS);
}

function close(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

const MAC = /Mac|iP/.test(navigator.platform);

/**
 * Where notices appear. It is there from the start, so that screen readers announce each new notice. Ctrl+Z does the
 * newest one's action, too, from wherever the focus is: the way to its button is long.
 */
export function Notices() {
  const place = useRef<HTMLElement>(null);
  const before = useRef<HTMLElement | null>(null); // the element that had the focus before
  const shown = useStore(notices);
  const newest = shown.findLast((notice) => notice.action);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isUndo(event)) return;
      const notice = notices.get().findLast(({ action }) => action);
      if (!notice) return;
      event.preventDefault();
      act(notice);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  /** Does something that takes a notice away, and gives the focus that was in it to the next or back. */
  const leave = (notice: Notice, go: (notice: Notice) => void) => {
    const inside = place.current
      ?.querySelector(`[data-notice="${notice.id}"]`)
      ?.contains(document.activeElement);
    const next = shown.find(({ id }) => id > notice.id) ?? shown.findLast(({ id }) => id < notice.id);
    go(notice);
    if (!inside) return;
    const other = next && place.current?.querySelector<HTMLElement>(`[data-notice="${next.id}"] button`);
    (other ?? (before.current?.isConnected ? before.current : document.querySelector('h1')))?.focus();
  };
  return (
    <section
      ref={place}
      class="notices"
      aria-label="Notices"
      aria-live="polite"
      aria-relevant="additions"
      onFocusCapture={({ relatedTarget }) => {
        if (relatedTarget instanceof HTMLElement && !place.current?.contains(relatedTarget)) {
          before.current = relatedTarget;
        }
      }}
    >
      {shown.map((notice) => (
        <div key={notice.id} class={`notice ${notice.tone}`} data-notice={notice.id}>
          <p>
            <Said text={notice.text} />
            {notice.detail && <small>{notice.detail}</small>}
          </p>
          {notice.action && (
            <button
              type="button"
              class="link"
              aria-keyshortcuts={notice === newest ? (MAC ? 'Meta+Z' : 'Control+Z') : undefined}
              onClick={() => leave(notice, act)}
            >
              {notice.action.label}
            </button>
          )}
          {notice === newest && <kbd>{MAC ? '⌘Z' : 'Ctrl+Z'}</kbd>}
          <button
            type="button"
            class="icon"
            aria-label="Close this notice"
            onClick={() => leave(notice, ({ id }) => close(id))}
          >
            ×
          </button>
        </div>
      ))}
    </section>
  );
}

function act(notice: Notice): void {
  close(notice.id);
  notice.action?.run();
}

/** Ctrl+Z or ⌘Z, unless it belongs to a text that is being typed, or a dialog is open. */
function isUndo(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, shiftKey, altKey, target } = event;
  if (key.toLowerCase() !== 'z' || !(MAC ? metaKey : ctrlKey) || shiftKey || altKey) return false;
  if (target instanceof Element && target.closest('input, textarea, select, [contenteditable]')) return false;
  return document.querySelector('dialog[open]') === null;
}
