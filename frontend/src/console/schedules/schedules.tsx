import { useQuery } from '@tanstack/preact-query';
import { useEffect } from 'preact/hooks';
import { pollEvery } from '../../live/live';
import { Loaded } from '../../ui/loaded';
import { Page } from '../../ui/page';
import { schedulesQuery } from '../queries';
import { ScheduleCard } from './schedule';
import '../style/schedules.css';

/** Every schedule, by name. */
export function Schedules() {
  const query = useQuery({ ...schedulesQuery(), refetchInterval: pollEvery });
  const here = query.data !== undefined;
  useEffect(() => {
    // The browser looked for it before there was anything.
    if (here && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [here]);
  return (
    <Page title="Schedules" lead="When each task runs. Times are in your time zone unless noted.">
      <Loaded query={query} what="The schedules">
        {(schedules) =>
          schedules.length === 0 ? (
            <p class="empty">There is no schedule yet. The first worker that starts declares them.</p>
          ) : (
            [...schedules]
              .sort((a, b) => (a.name < b.name ? -1 : 1))
              .map((schedule) => <ScheduleCard key={schedule.name} schedule={schedule} />)
          )
        }
      </Loaded>
    </Page>
  );
}
