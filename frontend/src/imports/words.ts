import { number } from '../ui/number';
import { duration } from '../ui/time';
import type { Import } from './send';

/** The present action of an import, or its end. */
export const WORDS: Record<Import['state'], string> = {
  uploading: 'Uploading…',
  queued: 'Uploaded, waiting for a worker',
  validating: 'Validating…',
  importing: 'Importing…',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const UNITS = ['kB', 'MB', 'GB', 'TB'];

/** A size as a person reads it: "812 bytes", "6.6 MB". */
export function bytes(size: number): string {
  if (size < 1_000) return `${size} bytes`;
  let unit = -1;
  let left = size;
  while (left >= 999.5 && unit < UNITS.length - 1) {
    left /= 1_000;
    unit++;
  }
  return `${left < 9.95 ? left.toFixed(1) : Math.round(left)} ${UNITS[unit]}`;
}

/** The time that is left, which is not known to the millisecond: "less than a second", "about 56 s". */
export function left(ms: number): string {
  if (ms < 1_000) return 'less than a second';
  return `about ${ms < 60_000 ? `${Math.round(ms / 1_000)} s` : duration(ms)}`;
}

/** The results of an import's rows, counted in a line. */
export function summary({ inserted, updated, rejected }: Import): string {
  const parts: [number, string][] = [
    [inserted, 'inserted'],
    [updated, 'updated'],
    [rejected, 'rejected'],
  ];
  const said = parts.filter(([n]) => n > 0).map(([n, what]) => `${number(n)} ${what}`);
  return said.join(', ') || '–';
}
