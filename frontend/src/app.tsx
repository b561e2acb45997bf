import { useStore } from '@nanostores/preact';
import type { ReadableAtom } from 'nanostores';
import type { ComponentType } from 'preact';
import { Link, Route, Switch, useLocation, useRoute } from 'wouter-preact';
import { signing } from './api/token';
import { Banner } from './console/health/banner';
import { LiveBadge } from './live/badge';
import { indicator } from './live/live';
import { places, prepare } from './pages';
import { importsAt } from './subjects';
import { Boundary } from './ui/boundary';
import { fetched } from './ui/fetching';
import { Notices } from './ui/notices';
import { Page } from './ui/page';
import { ThemeButton } from './ui/theme';

const PAGES = places.map((place) => ({ ...place, Shown: fetched(place.code) }));

export function App() {
  const [path] = useLocation();
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
          {PAGES.map(({ path, title }) => title && <NavLink key={path} path={path} name={title} />)}
        </nav>
        <div class="tools">
          <Tool of={indicator} at={importsAt} />
          <LiveBadge />
          <a class="docs" href="/docs">
            API docs
          </a>
          <Tool of={signing} />
          <ThemeButton />
        </div>
      </header>
      <Banner />
      <main id="main">
        <Boundary key={path}>
          <Switch>
            {PAGES.map(({ path, Shown }) => (
              <Route key={path} path={path}>
                {({ id = '' }: { id?: string }) => <Shown key={id} id={id} />}
              </Route>
            ))}
            <Route component={NotFound} />
          </Switch>
        </Boundary>
      </main>
      <Notices />
    </>
  );
}

/** A part of the bar. Its script comes when there is something to show. */
function Tool<P extends object>({ of, ...props }: { of: ReadableAtom<ComponentType<P> | null> } & P) {
  const Shown = useStore(of);
  return Shown && <Shown {...(props as unknown as P)} />;
}

function NavLink({ path, name }: { path: string; name: string }) {
  const [here] = useRoute(path === '/' ? '/' : `${path}/*?`);
  return (
    <Link href={path} aria-current={here ? 'page' : undefined} onPointerEnter={() => void prepare(path)}>
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
