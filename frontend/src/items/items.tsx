import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { useSearch } from 'wouter-preact/use-browser-location'; // as it is: the other one decodes it once too often
import { itemsQuery, queryClient } from '../api/queries';
import { Export } from '../imports/export';
import { pollEvery } from '../live/live';
import { BadAddress } from '../ui/bad-address';
import { fetched, file } from '../ui/fetching';
import { Loaded } from '../ui/loaded';
import { Needs } from '../ui/needs';
import { Page } from '../ui/page';
import { Editor } from './editor';
import { FirstRun, NothingFound } from './empty';
import { Listing } from './listing';
import { isStatus } from './save';
import { Toolbar } from './toolbar';
import { useTotal } from './total';
import {
  addressOf,
  asksForNew,
  changeView,
  filterOf,
  isFiltered,
  parseView,
  queryOf,
  type View,
} from './view';
import '../style/items.css';

/** Reads what the page at an address shows, before it does. */
export function readFirst(search: string): Promise<void> {
  return queryClient.prefetchQuery(itemsQuery(queryOf(parseView(search))));
}

const Imports = fetched(file(() => import('../imports/imports').then((m) => m.Imports)));

/** The items, or the import of a file of them. */
export function Items() {
  const search = useSearch();
  return new URLSearchParams(search).has('import') ? <Imports /> : <List search={search} />;
}

/** All items, a page at a time. The page's address says which ones. */
function List({ search }: { search: string }) {
  const [, navigate] = useLocation();
  const [creating, setCreating] = useState(asksForNew(search));
  const view = parseView(search);
  const items = useQuery({ ...itemsQuery(queryOf(view)), refetchInterval: pollEvery });
  const { data, isPlaceholderData } = items;
  const whole = data !== undefined && view.cursor === '' && data.next === null;
  const total = useTotal(
    filterOf(view),
    data && !isPlaceholderData ? { count: data.rows.length, whole } : null,
  );

  const show = (change: Partial<View>, how?: { replace: boolean }) =>
    navigate(addressOf(changeView(view, change)), how);
  const close = () => {
    setCreating(false);
    if (asksForNew(search)) navigate(addressOf(view), { replace: true });
  };
  const untouched = data?.rows.length === 0 && !isFiltered(view) && view.cursor === '' && !isPlaceholderData;

  return (
    <Page
      title="Items"
      lead="Named records with attributes of any kind. The worker enriches them and lets them expire."
      actions={
        <>
          <Export filter={filterOf(view)} />
          <Link class="button secondary" href="/items?import">
            Import
          </Link>
          <Needs scope="write">
            <button type="button" onClick={() => setCreating(true)}>
              New item
            </button>
          </Needs>
        </>
      }
    >
      {!untouched && <Toolbar view={view} show={show} />}
      {isStatus(items.error, 422) ? (
        <BadAddress problem={items.error} href={addressOf(changeView(view, { q: view.q.slice(0, 200) }))} />
      ) : (
        <Loaded query={items} what="The items">
          {(page) => {
            if (untouched) return <FirstRun onCreate={() => setCreating(true)} />;
            if (page.rows.length === 0)
              return <NothingFound view={view} show={show} busy={isPlaceholderData} />;
            return <Listing page={page} view={view} show={show} total={total} busy={isPlaceholderData} />;
          }}
        </Loaded>
      )}
      {creating && <Editor read={null} onClose={close} />}
    </Page>
  );
}
