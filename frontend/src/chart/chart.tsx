import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { number } from '../ui/number';
import { aligned } from './aligned';
import { whenNeeded } from './needed';
import { type Day, dayName, described, type Series, total } from './series';

/** The figures of a chart, and its title. */
export interface Drawn<K extends string> {
  title: string;
  series: readonly Series<K>[];
  days: readonly Day<K>[];
}

/** The chart. Its legend has the figures of the day under the pointer, or else of the last one. */
export function Chart<K extends string>({ title, series, days }: Drawn<K>) {
  const [pointed, setPointed] = useState<number | null>(null);
  const shown = days[pointed ?? -1] ?? days.at(-1);
  return (
    <>
      <p class="legend" aria-hidden="true">
        <span class="day">{shown && dayName(shown.day)}</span>
        {series.map(({ key, name, colour, look }) => (
          <span key={key} class={`entry ${colour}`}>
            <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" class={look}>
              <rect x="1" y="1" width="10" height="10" />
              {look === 'striped' && <path d="M1 5l4-4M1 9l8-8M3 11l8-8M7 11l4-4" />}
            </svg>
            {name} <b>{shown ? number(shown[key]) : '–'}</b>
          </span>
        ))}
      </p>
      {days.length > 0 && total(series, days) === 0 ? (
        <p class="chart none quiet">Nothing has been counted in these days.</p>
      ) : (
        <Bars title={title} series={series} days={days} onPoint={setPointed} />
      )}
    </>
  );
}

/** Draws when there is something to draw and time for it: the rest of the page goes first. */
function Bars<K extends string>({
  title,
  series,
  days,
  onPoint,
}: Drawn<K> & { onPoint: (index: number | null) => void }) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | null>(null);
  const data = useRef(days);
  data.current = days;
  const [failed, setFailed] = useState(false);
  const ready = days.length > 0;

  useEffect(() => {
    const element = place.current;
    if (!ready || !element) return;
    let stop = whenNeeded(element, async () => {
      let gone = false;
      stop = () => {
        gone = true;
      };
      try {
        const { plot } = await import('./plot');
        if (gone) return;
        const plotted = plot(element, series, aligned(series, data.current), onPoint);
        drawn.current = plotted.chart;
        stop = plotted.stop;
      } catch {
        if (!gone) setFailed(true);
      }
    });
    return () => {
      drawn.current = null;
      stop();
    };
  }, [ready, series, onPoint]);
  useEffect(() => {
    drawn.current?.setData(aligned(series, days));
  }, [series, days]);

  if (failed) {
    return (
      <p class="chart none quiet">
        The chart could not be fetched. The table has its figures; loading the page again brings it.
      </p>
    );
  }
  return <div class="chart" ref={place} role="img" aria-label={described(title, series, days)} />;
}
