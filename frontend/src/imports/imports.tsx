import { useStore } from '@nanostores/preact';
import { useQuery } from '@tanstack/preact-query';
import { Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { useSearch } from 'wouter-preact/use-browser-location';
import { type Entity, type Files, plural } from '../list/entity';
import { refresh } from '../list/store';
import { Loaded } from '../ui/loaded';
import { Needs } from '../ui/needs';
import { complain } from '../ui/notices';
import { number } from '../ui/number';
import { Page } from '../ui/page';
import { Begin } from './begin';
import { Faults } from './faults';
import { Progress } from './progress';
import { ended, type Import, read } from './send';
import { begin, end, keyOf, sending } from './sending';
import '../style/imports.css';

const PAUSE = 1_000; // milliseconds between two looks at an import that goes on

/** Brings rows from a file. The address names the import, so that it is there again after a reload. */
export function Imports({ entity, files }: { entity: Entity; files: Files }) {
  const id =
    Number(/^[1-9]\d{0,15}$/.exec(new URLSearchParams(useSearch()).get('import') ?? '')?.[0]) || null;
  return (
    <Page
      title={id === null ? 'Import' : `Import ${id}`}
      lead={files.lead}
      actions={
        <Link href={id === null ? `/${entity.name}` : `/${entity.name}?import`}>
          {id === null ? `All ${plural(entity)}` : 'Another file'}
        </Link>
      }
    >
      {id === null ? <Begin entity={entity} files={files} /> : <One key={id} entity={entity} id={id} />}
    </Page>
  );
}

function One({ entity, id }: { entity: Entity; id: number }) {
  const it = useQuery({
    queryKey: keyOf(id),
    queryFn: ({ signal }) => read(id, signal),
    refetchInterval: ({ state }) => (state.data && ended(state.data) ? false : PAUSE),
  });
  const over = it.data !== undefined && ended(it.data);
  useEffect(() => {
    if (over) refresh(entity);
  }, [over, entity]);
  return (
    <Loaded query={it} what="The import">
      {(it) => (
        <>
          {over ? <Result entity={entity} it={it} /> : <Progress it={it} />}
          {!over && <Cancel it={it} />}
          {it.rejected > 0 && <Faults it={it} />}
        </>
      )}
    </Loaded>
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
  ['rows_read', 'Rows read'],
  ['inserted', 'Inserted'],
  ['updated', 'Updated'],
  ['unchanged', 'Unchanged'],
  ['rejected', 'Rejected'],
] as const;

const OUTCOME: Record<string, string> = {
  completed: 'The import has completed',
  failed: 'The import has failed',
  cancelled: 'The import was cancelled; what it says below is in, and stays',
};

function Result({ entity, it }: { entity: Entity; it: Import }) {
  const outcome =
    it.dry_run && it.state === 'completed' ? 'The dry run has ended; nothing was changed' : OUTCOME[it.state];
  return (
    <section class="panel" aria-label="Result">
      <h2 role="status">{outcome}.</h2>
      {it.error && <p class="fault">{it.error}</p>}
      <dl class="facts">
        {FACTS.map(([fact, name]) => (
          <Fragment key={fact}>
            <dt>{name}</dt>
            <dd>{number(it[fact])}</dd>
          </Fragment>
        ))}
      </dl>
      <InEarnest entity={entity} it={it} />
    </section>
  );
}

/** After a dry run that went well, the same without dry run, while the file is at hand. */
function InEarnest({ entity, it }: { entity: Entity; it: Import }) {
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const mine = useStore(sending);
  if (!it.dry_run || it.state !== 'completed' || mine?.id !== it.id) return null;
  const { dry_run: _, ...query } = mine.query;
  return (
    <Needs scope="write">
      <button
        type="button"
        disabled={busy}
        onClick={() => {
          setBusy(true);
          begin(mine.file, query, query.format === 'ndjson' ? 'ndjson' : 'csv').then(
            (next) => navigate(`/${entity.name}?import=${next.id}`),
            (error: unknown) => {
              setBusy(false);
              complain('The import could not begin', error);
            },
          );
        }}
      >
        Import it now
      </button>
    </Needs>
  );
}
