import { Loaded, type Read } from '../ui/loaded';
import { number } from '../ui/number';
import { Chart, type Drawn } from './chart';
import { type Day, dayName, type Series } from './series';

/** Figures by day: as a chart, and as a table. */
export function Days<K extends string>({
  title,
  note,
  series,
  query,
}: {
  title: string;
  note: string;
  series: readonly Series<K>[];
  query: Read<readonly Day<K>[]>;
}) {
  return (
    <section class="panel days" aria-labelledby="days">
      <header class="panel-head">
        <h2 id="days">{title}</h2>
        <span class="quiet">{note}</span>
      </header>
      <Loaded query={query} what="The figures">
        {(days) => (
          <>
            <Chart title={title} series={series} days={days} />
            <details>
              <summary>Show as table</summary>
              <DaysTable series={series} days={days} />
            </details>
          </>
        )}
      </Loaded>
    </section>
  );
}

function DaysTable<K extends string>({ series, days }: Pick<Drawn<K>, 'series' | 'days'>) {
  return (
    <div class="table">
      <table aria-labelledby="days">
        <thead>
          <tr>
            <th scope="col">Day</th>
            {series.map(({ key, name }) => (
              <th key={key} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...days].reverse().map((day) => (
            <tr key={day.day}>
              <th scope="row">
                <time dateTime={day.day}>{dayName(day.day)}</time>
              </th>
              {series.map(({ key }) => (
                <td key={key} class="number">
                  {number(day[key])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
