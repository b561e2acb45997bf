import { useQuery } from '@tanstack/preact-query';
import type { DayStats } from '../api/client';
import { itemStatsQuery } from '../api/queries';
import { pollEvery } from '../live/live';
import { Loaded } from '../ui/loaded';
import { number } from '../ui/number';
import { Chart } from './chart';
import { dayName, SERIES } from './series';

const DAYS = 30;
const NONE: DayStats[] = []; // keeps the place until the figures are there

/** What happened to items, by day: as a chart, and as a table of the same figures. */
export function Days() {
  const query = useQuery({ ...itemStatsQuery(DAYS), refetchInterval: pollEvery, placeholderData: NONE });
  return (
    <section class="panel days" aria-labelledby="days">
      <header class="panel-head">
        <h2 id="days">Items per day</h2>
        <span class="quiet">Last {DAYS} days, in UTC. The worker counts every few minutes.</span>
      </header>
      <Loaded query={query} what="The figures">
        {(days) => (
          <>
            <Chart days={days} />
            <details>
              <summary>Show as table</summary>
              <DaysTable days={days} />
            </details>
          </>
        )}
      </Loaded>
    </section>
  );
}

function DaysTable({ days }: { days: readonly DayStats[] }) {
  return (
    <div class="table">
      <table aria-labelledby="days">
        <thead>
          <tr>
            <th scope="col">Day</th>
            {SERIES.map(({ key, name }) => (
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
              {SERIES.map(({ key }) => (
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
