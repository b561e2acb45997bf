import { useQuery } from '@tanstack/preact-query';
import { useEffect, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { useSearch } from 'wouter-preact/use-browser-location'; // as it is: the other one decodes it once too often
import { isStatus } from '../api/problem';
import { queryClient } from '../api/queries';
import { Editor } from '../form/editor';
import { Export } from '../imports/export';
import { pollEvery } from '../live/live';
import { BadAddress } from '../ui/bad-address';
import { fetched, file } from '../ui/fetching';
import { Loaded } from '../ui/loaded';
import { Needs } from '../ui/needs';
import { Page } from '../ui/page';
import { FirstRun, NothingFound } from './empty';
import { type Entity, plural } from './entity';
import { rememberList } from './last';
import { Listing } from './listing';
import { listQuery } from './store';
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
import '../style/list.css';

/** Reads the rows of the page at an address, before they are shown. */
export function readFirst(entity: Entity, search: string): Promise<void> {
  return queryClient.prefetchQuery(listQuery(entity, queryOf(parseView(entity, search))));
}

const Imports = fetched(file(() => import('../imports/imports').then((m) => m.Imports)));

/** The rows of an entity, or the import of a file of them. */
export function ListPage({ entity }: { entity: Entity }) {
  const search = useSearch();
  const { files } = entity;
  if (files && new URLSearchParams(search).has('import')) return <Imports entity={entity} files={files} />;
  return <List entity={entity} search={search} />;
}

/** All rows, a page at a time. The page's address says which ones. */
function List({ entity, search }: { entity: Entity; search: string }) {
  const [, navigate] = useLocation();
  const [creating, setCreating] = useState(asksForNew(search));
  const view = parseView(entity, search);
  const rows = useQuery({ ...listQuery(entity, queryOf(view)), refetchInterval: pollEvery });
  const { data, isPlaceholderData } = rows;
  const whole = data !== undefined && view.cursor === '' && data.next === null;
  const total = useTotal(
    entity,
    filterOf(view),
    data && !isPlaceholderData ? { count: data.rows.length, whole } : null,
  );

  const show = (change: Partial<View>, how?: { replace: boolean }) =>
    navigate(addressOf(entity, changeView(view, change)), how);
  const close = () => {
    setCreating(false);
    if (asksForNew(search)) navigate(addressOf(entity, view), { replace: true });
  };
  const untouched = data?.rows.length === 0 && !isFiltered(view) && view.cursor === '' && !isPlaceholderData;
  const shown = { entity, view, show, busy: isPlaceholderData };
  useEffect(() => rememberList(entity, addressOf(entity, view)));

  return (
    <Page
      title={entity.title}
      lead={entity.lead}
      actions={
        <>
          {entity.files && (
            <>
              {!untouched && <Export of={entity} filter={filterOf(view)} />}
              <Link class="button secondary" href={`/${entity.name}?import`}>
                Import
              </Link>
            </>
          )}
          <Needs scope="write">
            <button type="button" onClick={() => setCreating(true)}>
              New {entity.noun}
            </button>
          </Needs>
        </>
      }
    >
      {!untouched && <Toolbar entity={entity} view={view} show={show} />}
      {isStatus(rows.error, 422) ? (
        <BadAddress
          problem={rows.error}
          href={addressOf(entity, changeView(view, { q: view.q.slice(0, 200) }))}
        />
      ) : (
        <Loaded query={rows} what={`The ${plural(entity)}`}>
          {(page) => {
            if (untouched) return <FirstRun entity={entity} onCreate={() => setCreating(true)} />;
            if (page.rows.length === 0) return <NothingFound {...shown} />;
            return <Listing {...shown} page={page} total={total} />;
          }}
        </Loaded>
      )}
      {creating && <Editor entity={entity} read={null} onClose={close} />}
    </Page>
  );
}
