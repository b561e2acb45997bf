/** A local date and time as <input type="datetime-local"> has it, to the minute: "2026-11-23T14:30". */
export function toLocal(at: string | number | Date): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return (
    `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}` +
    `T${two(date.getHours())}:${two(date.getMinutes())}`
  );
}

/** The meaning of a local time. In a night when the clocks change it may come never, or twice. */
export interface Meaning {
  at: Date;
  odd: 'never' | 'twice' | null;
}

/** The instant of a local time, or null if it is none. Of two the first; for none the time that the clock shows. */
export function fromLocal(text: string): Meaning | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?$/.exec(text)?.slice(1).map(Number);
  if (!parts) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts;
  const at = new Date(2000, month - 1, day, hour, minute);
  at.setFullYear(year, month - 1, day); // the constructor takes the years 0 to 99 for 1900 to 1999
  at.setHours(hour, minute, 0, 0);
  if (toLocal(at).slice(0, 10) !== text.slice(0, 10) && at.getHours() === hour) return null; // 31 February
  const wanted = text.slice(0, 16);
  if (toLocal(at) !== wanted) return { at, odd: 'never' };
  const again = [30, 60, 120].some((minutes) => toLocal(at.getTime() + minutes * 60_000) === wanted);
  return { at, odd: again ? 'twice' : null };
}

/** Shortcuts: their words, and the instant from the present. */
export const PRESETS: readonly [label: string, from: (now: Date) => Date][] = [
  ['In an hour', (now) => new Date(now.getTime() + 3_600_000)],
  ['Tomorrow', (now) => inDays(now, 1)],
  ['In a week', (now) => inDays(now, 7)],
];

/** The same time of day some days later, whatever the clocks do in between. */
function inDays(now: Date, days: number): Date {
  const then = new Date(now);
  then.setDate(then.getDate() + days);
  return then;
}

/** The person's time zone at an instant, such as "Europe/Berlin, GMT+1". */
export function zoneAt(at: Date): string {
  const format = new Intl.DateTimeFormat('en', { timeZoneName: 'shortOffset' });
  const offset = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const zone = format.resolvedOptions().timeZone;
  return zone === offset || !offset ? zone : `${zone}, ${offset}`;
}
