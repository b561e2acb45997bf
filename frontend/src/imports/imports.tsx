import { useStore } from '@nanostores/preact';
import { useQuery } from '@tanstack/preact-query';
import { Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { useSearch } from 'wouter-preact/use-browser-location';
import { isStatus } from '../api/problem';
import { type Entity, type Files, plural } from '../list/entity';
import { ToList } from '../list/last';
import { refresh } from '../list/store';
import { Loaded } from '../ui/loaded';
import { Needs } from '../ui/needs';
import { complain } from '../ui/notices';
import { count, number } from '../ui/number';
import { Page } from '../ui/page';
import { Begin } from './begin';
import { Faults } from './faults';
import { History } from './history';
import { nameOfFile } from './names';
import { Progress } from './progress';
import { ended, type Import, read } from './send';
import { begin, end, keyOf, sending } from './sending';
import '../style/imports.css';

const PAUSE = 1_000; // milliseconds between two looks at an import that goes on

/** Brings rows from a file. The address names the import, so that it is there again after a reload. */
export function Imports({ entity, files }: { entity: Entity; files: Files }) {
  const said = new URLSearchParams(useSearch()).get('import') ?? '';
  const id = Number(/^[1-9]\d{0,15}$/.exec(said)?.[0]) || null;
  const again = said === 'again';
  if (id !== null) return <One key={id} entity={entity} files={files} id={id} />;
  return (
    <Page title="Import" lead={files.lead} actions={<ToList of={entity} />}>
      <Begin key={said} entity={entity} files={files} again={again} />
      <History entity={entity} />
    </Page>
  );
}

function One({ entity, files, id }: { entity: Entity; files: Files; id: number }) {
  const it = useQuery({
    queryKey: keyOf(id),
    queryFn: ({ signal }) => read(id, signal),
    refetchInterval: ({ state }) => (state.data && !ended(state.data) ? PAUSE : false),
  });
  const over = it.data !== undefined && ended(it.data);
  useEffect(() => {
    if (over) refresh(entity);
  }, [over, entity]);
  const others = <Link href={`/${entity.name}?import`}>All imports</Link>;
  if (isStatus(it.error, 404)) {
    return (
      <Page title="No such import">
        <p>
          There is no import <code>{id}</code>. Imports that ended are deleted after some time. {others}
        </p>
      </Page>
    );
  }
  const file = nameOfFile(id);
  return (
    <Page
      title={file ? `Import of ${file}` : `Import ${id}`}
      lead={file ? `Import ${id}` : files.lead}
      actions={others}
    >
      <Loaded query={it} what="The import">
        {(it) => (
          <>
            {over ? <Result entity={entity} it={it} /> : <Progress it={it} />}
            {!over && <Cancel it={it} />}
            {it.rejected > 0 && <Faults it={it} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Cancel({ it }: { it: Import }) {
  return (
    <Needs scope="write">
      <button
        type="button"
        class="danger"
        disabled={it.cancel_requested}
        onClick={() => {
          end(it.id).catch((error: unknown) => complain('The import could not be cancelled', error));
        }}
      >
        Cancel the import
      </button>
    </Needs>
  );
}

const FACTS = [
  ['rows_read', 'Rows read', 'Rows read'],
  ['inserted', 'Inserted', 'Would be inserted'],
  ['updated', 'Updated', 'Would be updated'],
  ['unchanged', 'Unchanged', 'Unchanged'],
  ['rejected', 'Rejected', 'Rejected'],
] as const;

const OUTCOME: Record<string, string> = {
  completed: 'The import has completed',
  failed: 'The import has failed',
  cancelled: 'Cancelled. The rows counted below were imported and stay',
};
const CHECKED: Record<string, string> = {
  completed: 'The file was checked. Nothing was imported',
  failed: 'The file was checked, and has too many errors. Nothing was imported',
  cancelled: 'The check was cancelled. Nothing was imported',
};

function Result({ entity, it }: { entity: Entity; it: Import }) {
  return (
    <section class="panel" aria-label="Result">
      <h2 role="status">{(it.dry_run ? CHECKED : OUTCOME)[it.state]}.</h2>
      {it.error && <p class="fault">{inWords(it.error)}</p>}
      <dl class="facts">
        {FACTS.map(([fact, name, would]) => (
          <Fragment key={fact}>
            <dt>{it.dry_run ? would : name}</dt>
            <dd>{number(it[fact])}</dd>
          </Fragment>
        ))}
      </dl>
      <GoOn entity={entity} it={it} />
    </section>
  );
}

/** The worker's words name a parameter of the API, which is on no form. */
function inWords(error: string): string {
  const [, rows, limit] = /^(\d+) rows were rejected, and max_errors is (\d+)\b/.exec(error) ?? [];
  if (!rows || !limit) return error;
  return `${count(Number(rows), 'row was', 'rows were')} rejected, and the limit was ${number(Number(limit))}.`;
}

/** The next steps with the same file, while it is at hand. */
function GoOn({ entity, it }: { entity: Entity; it: Import }) {
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const mine = useStore(sending);
  if (mine?.id !== it.id) return null;
  const { dry_run: _, ...query } = mine.query;
  const good = it.inserted + it.updated + it.unchanged;
  const follow = (with_: Record<string, string>) => {
    setBusy(true);
    begin(mine.file, { ...query, ...with_ }, query.format === 'ndjson' ? 'ndjson' : 'csv').then(
      (next) => navigate(`/${entity.name}?import=${next.id}`),
      (error: unknown) => {
        setBusy(false);
        complain('The import could not begin', error);
      },
    );
  };
  return (
    <div class="row goes-on">
      <Needs scope="write">
        {it.dry_run && it.state === 'completed' && (
          <button type="button" disabled={busy} onClick={() => follow({})}>
            Import it now
          </button>
        )}
        {it.state === 'failed' && it.rejected > 0 && good > 0 && (
          <button type="button" disabled={busy} onClick={() => follow({ max_errors: String(it.rejected) })}>
            Import the other {count(good, 'row')}
          </button>
        )}
      </Needs>
      {(it.dry_run || it.state === 'failed') && (
        <Link class="button secondary" href={`/${entity.name}?import=again`}>
          Change how it is read
        </Link>
      )}
      <Link href={`/${entity.name}`}>All {plural(entity)}</Link>
    </div>
  );
}
