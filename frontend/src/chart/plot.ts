import uPlot from 'uplot';
import { number } from '../ui/number';
import { axisEnd } from './axis';
import type { Series } from './series'; // only its type: shared code would be a file of its own
import 'uplot/dist/uPlot.min.css';

const DAY = 86_400; // seconds
const FONT = '12px system-ui, sans-serif';
const LEAST = 2; // CSS pixels: one that expired is seen beside a thousand that were created
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Draws figures into an element, as wide as it is and in the theme's colours, until it is told to stop. */
export function plot(
  place: HTMLElement,
  series: readonly Series[],
  data: uPlot.AlignedData,
  onPoint: (index: number | null) => void,
): { chart: uPlot; stop: () => void } {
  const chart = new uPlot(options(place, series, onPoint), data, place);
  const redraw = () => chart.redraw(false);

  const size = new ResizeObserver(() => chart.setSize(sizeOf(place)));
  size.observe(place);
  const chosen = new MutationObserver(redraw);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', redraw);
  return {
    chart,
    stop: () => {
      size.disconnect();
      chosen.disconnect();
      dark.removeEventListener('change', redraw);
      chart.destroy();
    },
  };
}

function sizeOf(place: HTMLElement): { width: number; height: number } {
  return { width: place.clientWidth, height: place.clientHeight };
}

function options(
  place: HTMLElement,
  series: readonly Series[],
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const colour = colours(place);
  const axis: uPlot.Axis = {
    stroke: () => colour('--quiet'),
    font: FONT,
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    ...sizeOf(place),
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { show: false },
      move: (chart, left, top) => [left < 0 ? left : middleOfDay(chart, left), top],
    },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    scales: {
      x: { range: (_, first, last) => [first - DAY / 2, last + DAY / 2] },
      y: { range: (_, __, most) => [0, axisEnd(most ?? 0)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 30,
        incrs: [DAY, 2 * DAY, 7 * DAY, 14 * DAY],
        splits: (chart, _, __, ___, step) => backwards(chart.data[0], step),
        values: (_, splits) => splits.map((at) => shortDay.format(at * 1_000)),
      },
      { ...axis, size: widthOf, incrs: wholeSteps(), values: (_, splits) => splits.map(number) },
    ],
    series: [
      {},
      ...series.map(({ name, colour: token, look }, index) => ({
        label: name,
        stroke: () => colour(`--${token}`),
        fill: () => filling(look, colour(`--${token}`)),
        width: 1,
        paths: bars(index, series.length),
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)] },
  };
}

const LEAST_ROOM = 44; // CSS pixels
const GAP = 14; // between the figures of the axis and the bars

/** As wide as the widest figure of the axis. */
function widthOf({ ctx }: uPlot, figures: string[] | null): number {
  ctx.save();
  ctx.font = FONT;
  const widest = Math.max(0, ...(figures ?? []).map((figure) => ctx.measureText(figure).width));
  ctx.restore();
  return Math.max(LEAST_ROOM, Math.ceil(widest) + GAP);
}

/** Each day's bars stand beside each other, in the order of the series. */
function bars(index: number, count: number): uPlot.Series.PathBuilder {
  return (chart, series, from, to) => {
    const path = new Path2D();
    const [days = [], values = []] = [chart.data[0], chart.data[series]];
    const day = chart.valToPos(DAY, 'x', true) - chart.valToPos(0, 'x', true);
    const width = Math.max(uPlot.pxRatio, Math.floor((day * 0.8) / count));
    const base = chart.valToPos(0, 'y', true);
    for (let i = from; i <= to; i++) {
      const value = values[i];
      if (!value) continue;
      const left = chart.valToPos(days[i] ?? 0, 'x', true) + (index - count / 2) * width;
      const height = Math.max(LEAST * uPlot.pxRatio, base - chart.valToPos(value, 'y', true));
      // The outline lies within, and a gap between the bars where there is room for one.
      const line = uPlot.pxRatio;
      const gap = width > 5 * line ? line : 0;
      path.rect(
        Math.round(left) + line / 2,
        Math.round(base - height) + line / 2,
        Math.max(0, width - line - gap),
        Math.round(height) - line / 2,
      );
    }
    return { fill: path, stroke: path };
  };
}

/** The days that are named on the axis: the last one, and others at even steps before it. */
function backwards(days: ArrayLike<number>, step: number): number[] {
  const last = days[days.length - 1] ?? 0;
  return Array.from(days).filter((day) => (last - day) % step === 0);
}

function middleOfDay(chart: uPlot, left: number): number {
  return chart.valToPos(chart.data[0][chart.posToIdx(left)] ?? 0, 'x');
}

/** The filling of a bar: its colour, stripes of it, or nothing. */
function filling(look: Series['look'], colour: string): string | CanvasPattern {
  if (look === 'solid') return colour;
  const size = 4 * uPlot.pxRatio;
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const context = tile.getContext('2d');
  if (look === 'outline' || !context) return 'transparent';
  context.strokeStyle = colour;
  context.lineWidth = uPlot.pxRatio;
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift, size);
    context.lineTo(shift + size, 0);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? 'transparent';
}

// Counts are whole: 1, 2, 5, 10, 20, 50, …
function wholeSteps(): number[] {
  return Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
}

/** Looks up tokens as they are now: a canvas does not follow the style sheet by itself. */
function colours(place: HTMLElement): (token: string) => string {
  const probe = document.createElement('span');
  probe.hidden = true;
  place.append(probe);
  return (token) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
}
