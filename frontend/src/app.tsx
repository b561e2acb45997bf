import { lazy, Suspense } from 'preact/compat';
import { useState } from 'preact/hooks';
import { Link, Route, Switch, useLocation, useRoute } from 'wouter-preact';
import { Banner } from './health/banner';
import { LiveBadge } from './live/badge';
import { load, prepare } from './pages';
import { Boundary } from './ui/boundary';
import { Fetching } from './ui/fetching';
import { Notices } from './ui/notices';
import { Page } from './ui/page';
import { ThemeButton } from './ui/theme';

/** The pages, each fetched when it is first shown. One that could not be is remembered as such: only new ones ask again. */
const components = () => ({
  Overview: lazy(load.overview),
  Items: lazy(load.items),
  ItemPage: lazy(load.item),
  Schedules: lazy(load.schedules),
  Runs: lazy(load.runs),
  RunPage: lazy(load.run),
  Workers: lazy(load.workers),
});

const PAGES: readonly [path: string, name: string][] = [
  ['/', 'Overview'],
  ['/items', 'Items'],
  ['/schedules', 'Schedules'],
  ['/runs', 'Runs'],
  ['/workers', 'Workers'],
];

export function App() {
  const [path] = useLocation();
  const [{ Overview, Items, ItemPage, Schedules, Runs, RunPage, Workers }, setPages] = useState(components);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <Link href="/" class="brand" aria-label="FUALab, overview">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          FUALab
        </Link>
        <nav aria-label="Main">
          {PAGES.map(([path, name]) => (
            <NavLink key={path} path={path} name={name} />
          ))}
        </nav>
        <div class="tools">
          <LiveBadge />
          <a class="docs" href="/docs">
            API docs
          </a>
          <ThemeButton />
        </div>
      </header>
      <Banner />
      <main id="main">
        <Boundary key={path} onAgain={() => setPages(components())}>
          <Suspense fallback={<Fetching />}>
            <Switch>
              <Route path="/" component={Overview} />
              <Route path="/items" component={Items} />
              <Route path="/items/:id">{({ id }) => <ItemPage key={id} id={id} />}</Route>
              <Route path="/schedules" component={Schedules} />
              <Route path="/runs" component={Runs} />
              <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
              <Route path="/workers" component={Workers} />
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </Boundary>
      </main>
      <Notices />
    </>
  );
}

function NavLink({ path, name }: { path: string; name: string }) {
  const [here] = useRoute(path === '/' ? '/' : `${path}/*?`);
  return (
    <Link href={path} aria-current={here ? 'page' : undefined} onPointerEnter={() => prepare(path)}>
      {name}
    </Link>
  );
}

function NotFound() {
  return (
    <Page title="No such page">
      <p>
        There is nothing at this address. <Link href="/">The overview</Link> leads to everything else.
      </p>
    </Page>
  );
}
