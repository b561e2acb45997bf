import type uPlot from 'uplot';
import type { DayStats } from '../api/client';
import { SERIES } from './series';

/** The figures as the chart takes them: instants in seconds, then a row for each series. */
export function aligned(days: readonly DayStats[]): uPlot.AlignedData {
  return [
    days.map(({ day }) => Date.parse(day) / 1_000),
    ...SERIES.map(({ key }) => days.map((day) => day[key])),
  ];
}
