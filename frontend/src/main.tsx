import { QueryClientProvider } from '@tanstack/preact-query';
import { render } from 'preact';
import { queryClient } from './api/queries';
import { App } from './app';
import { watchPlatform } from './live/live';
import { prepare } from './pages';
import './ui/travel';
import './style/index.css';

let stop = watchPlatform();
prepare(location.pathname, location.search);

const root = document.getElementById('app');
if (!root) throw new Error('index.html has no element with the id "app"');
root.replaceChildren();
render(
  <QueryClientProvider client={queryClient}>
    <App />
  </QueryClientProvider>,
  root,
);

// A page in the back-forward cache must not hold a stream open.
addEventListener('pagehide', () => stop());
addEventListener('pageshow', (event) => {
  if (event.persisted) stop = watchPlatform();
});
