import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';

/** The present, to the second, while the page is visible. */
export const now = atom(Date.now());

setInterval(() => {
  if (document.visibilityState === 'visible') now.set(Date.now());
}, 1_000);
document.addEventListener('visibilitychange', () => {
  now.set(Date.now());
});

// Made when first needed: reading a locale's rules takes longer than showing a page without them.
let exactly: Intl.DateTimeFormat | undefined;

/** An instant in the person's time zone and manner, such as "23 Nov 2026, 14:30:05". */
export function dateTime(at: string | number): string {
  exactly ??= new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  return exactly.format(new Date(at));
}

/** The time of day in the person's time zone: "14:30:05". */
export function timeOfDay(at: string | number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

const UNITS: readonly [seconds: number, short: string][] = [
  [365 * 86_400, 'y'],
  [30 * 86_400, 'mo'],
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** How far away an instant is, in words: "in 40 s", "3 min ago", "now". */
export function distance(at: string | number, from: number): string {
  const seconds = Math.round((new Date(at).getTime() - from) / 1_000);
  const far = Math.abs(seconds);
  if (far < 1) return 'now';
  const [size, unit] = UNITS.find(([unitSeconds]) => far >= unitSeconds) ?? [1, 's'];
  const text = `${Math.floor(far / size)} ${unit}`;
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

/** How long something took: "12 ms", "3.4 s", "5 min 10 s". */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest ? ` ${rest} s` : ''}`;
}

const KEY = 'fualab-times';

/** Whether lists show times exactly: a person chooses, and this device keeps it. */
const exactTimes = atom(kept());

function kept(): boolean {
  try {
    return localStorage.getItem(KEY) === 'exact';
  } catch {
    return false; // storage is off
  }
}

/** Turns the times of lists from relative ones to exact ones and back. */
export function TimesButton() {
  const exact = useStore(exactTimes);
  const onClick = () => {
    exactTimes.set(!exact);
    try {
      localStorage.setItem(KEY, exact ? 'relative' : 'exact');
    } catch {
      // Storage is off: the choice lasts as long as the page.
    }
  };
  return (
    <button type="button" class="link" aria-pressed={exact} onClick={onClick}>
      Exact times
    </button>
  );
}

/** An instant as a person reads it, kept current; pointing at it shows the exact time. */
export function Time({ at, exact }: { at: string; exact?: boolean }) {
  const present = useStore(now);
  const chosen = useStore(exactTimes);
  return (
    <time
      dateTime={at}
      onPointerEnter={(event) => {
        event.currentTarget.title = dateTime(at);
      }}
    >
      {(exact ?? chosen) ? dateTime(at) : distance(at, Math.max(present, Date.now()))}
    </time>
  );
}
