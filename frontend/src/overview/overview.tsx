import { useQuery } from '@tanstack/preact-query';
import { useEffect, useRef } from 'preact/hooks';
import { itemStatsQuery, itemsQuery } from '../api/queries';
import { pollEvery } from '../live/live';
import { fetched, file } from '../ui/fetching';
import { Page } from '../ui/page';
import { Days } from './days';
import { Feed } from './feed';
import { Health } from './health';
import { LastRuns } from './lastruns';
import { total } from './series';
import '../style/overview.css';

// Seen once in the life of a platform.
const FirstSteps = fetched(file(() => import('./first').then((m) => m.FirstSteps)));

/** How the platform is, what it did, and what it is doing now. */
export function Overview() {
  const { data: items } = useQuery({ ...itemsQuery({ limit: 1 }), refetchInterval: pollEvery });
  const { data: days = [] } = useQuery(itemStatsQuery());
  const none = items?.rows.length === 0;
  const middle = useRef<HTMLDivElement>(null);
  const before = useRef(none);
  useEffect(() => {
    // The button that made the first items went with the first steps: the focus goes to what took their place.
    const lost = before.current && !none && document.activeElement === document.body;
    if (lost) middle.current?.focus({ preventScroll: true });
    before.current = none;
  }, [none]);
  return (
    <Page title="Overview">
      <Health />
      <div ref={middle} tabIndex={-1} class="middle">
        {(!none || total(days) > 0) && <Days />}
        {none && <FirstSteps />}
      </div>
      <div class="columns">
        <LastRuns />
        <Feed />
      </div>
    </Page>
  );
}
