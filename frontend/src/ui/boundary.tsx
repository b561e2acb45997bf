import type { ComponentChildren } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
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
          ? 'Either there is no connection, or a newer release of FUALab is there. Loading again brings it.'
          : 'This is a fault of the page, not of your data. Loading again may help.'}
      </p>
      <p class="row">
        <button type="button" onClick={() => location.reload()}>
          Load again
        </button>
        <button type="button" class="secondary" onClick={reset}>
          Try again
        </button>
      </p>
    </Page>
  );
}

/** Whether a page's file, or a style sheet of it (which Vite reports), could not be fetched, as browsers say it. */
export function isUnfetched(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|importing a module script|unable to preload/i.test(error.message)
  );
}
