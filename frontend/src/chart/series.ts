import { number } from '../ui/number';

/** A series of a chart: it has a colour and, for readers without colours, a look of its own. */
export interface Series<K extends string = string> {
  key: K;
  name: string;
  /** A token of the design. */
  colour: 'accent' | 'warn' | 'bad';
  look: 'solid' | 'striped' | 'outline';
}

/** The figures of a UTC day, by the keys of the series. */
export type Day<K extends string = string> = { day: string } & Readonly<Record<K, number>>;

const named = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** A UTC day, such as "23 Nov 2026". */
export function dayName(day: string): string {
  return named.format(new Date(day));
}

/** All that happened in some days. */
export function total<K extends string>(series: readonly Series<K>[], days: readonly Day<K>[]): number {
  return days.reduce((sum, day) => sum + series.reduce((of, { key }) => of + day[key], 0), 0);
}

/** The chart in words, for readers without sight. */
export function described<K extends string>(
  title: string,
  series: readonly Series<K>[],
  days: readonly Day<K>[],
): string {
  const sums = series.map(({ key, name }) => {
    const sum = days.reduce((of, day) => of + day[key], 0);
    return `${number(sum)} ${name.toLowerCase()}`;
  });
  return `${title}, last ${days.length} days: ${sums.join(', ')}. The table has the figures of each day.`;
}
