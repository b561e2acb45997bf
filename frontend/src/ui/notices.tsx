import { signal } from '@preact/signals';
import { explain } from '../api/problem';

/** A short message about what was just done, with what can be done about it. */
interface Notice {
  id: number;
  tone: 'good' | 'bad';
  text: string;
  detail?: string;
  action?: { label: string; run: () => void };
}

const notices = signal<readonly Notice[]>([]);
const STAYS = 10_000; // milliseconds; long enough to read it and to reach its button
const MOST = 4;
let lastId = 0;

/** Tells the person what happened, for ten seconds. */
export function tell(text: string, action?: Notice['action']): void {
  add({ tone: 'good', text, ...(action ? { action } : {}) });
}

/** Tells the person what went wrong, until it is closed. */
export function complain(what: string, error: unknown): void {
  const { title, detail } = explain(error);
  add({ tone: 'bad', text: `${what}: ${title}`, detail });
}

function add(notice: Omit<Notice, 'id'>): void {
  const id = ++lastId;
  notices.value = [...notices.value, { ...notice, id }].slice(-MOST);
  if (notice.tone === 'good') leaveLater(id);
}

/** Goes once nobody points at it or has the focus in it. */
function leaveLater(id: number): void {
  setTimeout(() => {
    const used = document.querySelector(`[data-notice="${id}"]:is(:hover, :focus-within)`);
    if (used) leaveLater(id);
    else close(id);
  }, STAYS);
}

function close(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Where notices appear. It is there from the start, so that screen readers announce what comes into it. */
export function Notices() {
  return (
    <section class="notices" aria-label="Notices" aria-live="polite" aria-relevant="additions">
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice ${notice.tone}`} data-notice={notice.id}>
          <p>
            {notice.text}
            {notice.detail && <small>{notice.detail}</small>}
          </p>
          {notice.action && (
            <button
              type="button"
              class="link"
              onClick={() => {
                close(notice.id);
                notice.action?.run();
              }}
            >
              {notice.action.label}
            </button>
          )}
          <button type="button" class="icon" aria-label="Close this notice" onClick={() => close(notice.id)}>
            ×
          </button>
        </div>
      ))}
    </section>
  );
}
