import { QueryClientProvider } from '@tanstack/preact-query';
import { render } from 'preact';
import { queryClient } from './api/queries';
import { askBy, hasToken } from './api/token';
import { App } from './app';
import { mode } from './live/live';
import { prepare } from './pages';
import { subjects } from './subjects';
import './ui/travel';
import './style/index.css';

askBy(() => void import('./auth/ask.later').then(({ ask }) => ask()));

const root = document.getElementById('app');
if (!root) throw new Error('index.html has no element with the id "app"');

// Answers that come within this time, such as those to first/start.js, are shown at once with all the rest.
const PATIENCE = 100; // milliseconds
await Promise.race([
  prepare(location.pathname, location.search),
  new Promise((resolve) => setTimeout(resolve, PATIENCE)),
]);
root.replaceChildren();
render(
  <QueryClientProvider client={queryClient}>
    <App />
  </QueryClientProvider>,
  root,
);

// The token's scopes are learnt while the page is shown; a token that is refused is asked for anew.
if (hasToken()) void import('./auth/ask.later').then(({ learn }) => learn()).catch(() => {});

// The page listens to events once there is something to show them in.
let stop = () => {};
async function watch(): Promise<void> {
  let wanted = true;
  stop = () => {
    wanted = false;
  };
  try {
    const { watchPlatform } = await import('./live/watch');
    if (wanted) stop = watchPlatform(subjects);
  } catch {
    mode.set('polling');
  }
}
setTimeout(watch);

// A page in the back-forward cache must not hold a stream open.
addEventListener('pagehide', () => stop());
addEventListener('pageshow', (event) => {
  if (event.persisted) void watch();
});
