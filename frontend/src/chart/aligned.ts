import type uPlot from 'uplot';
import type { Day, Series } from './series';

/** The figures as the chart takes them: instants in seconds, then a row for each series. */
export function aligned<K extends string>(
  series: readonly Series<K>[],
  days: readonly Day<K>[],
): uPlot.AlignedData {
  return [
    days.map(({ day }) => Date.parse(day) / 1_000),
    ...series.map(({ key }) => days.map((day) => day[key])),
  ];
}
