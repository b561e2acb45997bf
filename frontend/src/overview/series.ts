import type { DayStats } from '../api/client';
import { number } from '../ui/number';

/** What the chart draws: each has a colour and a look of its own, for those who see no colours. */
export const SERIES = [
  { key: 'created', name: 'Created', colour: '--accent', look: 'solid' },
  { key: 'expired', name: 'Expired', colour: '--warn', look: 'striped' },
  { key: 'deleted', name: 'Deleted', colour: '--bad', look: 'outline' },
] as const satisfies readonly {
  key: keyof DayStats;
  name: string;
  colour: string;
  look: 'solid' | 'striped' | 'outline';
}[];

const named = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** A UTC day, such as "23 Nov 2026". */
export function dayName(day: string): string {
  return named.format(new Date(day));
}

/** All that happened in some days. */
export function total(days: readonly DayStats[]): number {
  return days.reduce((sum, day) => sum + SERIES.reduce((of, { key }) => of + day[key], 0), 0);
}

/** The chart for somebody who does not see it. */
export function described(days: readonly DayStats[]): string {
  const sums = SERIES.map(({ key, name }) => {
    const sum = days.reduce((of, day) => of + day[key], 0);
    return `${number(sum)} ${name.toLowerCase()}`;
  });
  return `Items per day, last ${days.length} days: ${sums.join(', ')}. The table has the figures of each day.`;
}
