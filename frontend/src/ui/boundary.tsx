import type { ComponentChildren } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
import { explain, isUnfetched } from '../api/problem';
import { Page } from './page';

/** Stands in for a page that failed, so that the rest of the window stays of use. */
export function Boundary({ children }: { children: ComponentChildren }) {
  const [error, reset] = useErrorBoundary();
  if (!error) return <>{children}</>;
  // A page's file that is gone was replaced by a newer release's.
  const replaced = isUnfetched(error);
  return (
    <Page title={replaced ? 'This page could not be fetched' : 'This page has failed'}>
      <p>
        {replaced
          ? explain(error).detail
          : 'This is a fault of the page, not of your data. Reloading may help.'}
      </p>
      <p class="row">
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
        <button type="button" class="secondary" onClick={reset}>
          Try again
        </button>
      </p>
    </Page>
  );
}
