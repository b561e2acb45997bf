import { cards } from '../../cards';
import { Page } from '../../ui/page';
import { Feed } from './feed';
import { Health } from './health';
import { LastRuns } from './lastruns';
import '../style/overview.css';

/** The platform's health, the product's cards, the last runs, and the events as they happen. */
export function Overview() {
  return (
    <Page title="Overview">
      <Health />
      {cards.map(({ part, on }) => on && <on.Card key={part.name} of={part} />)}
      <div class="columns">
        <LastRuns />
        <Feed />
      </div>
    </Page>
  );
}
