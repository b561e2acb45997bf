import { Fragment } from 'preact';
import { write } from '../api/exact';
import { hasToken } from '../api/token';
import type { Entity, Fact, Row } from '../list/entity';
import { CopyButton } from '../ui/copy';
import { Copied, Moment } from './shown';
import { valueIn } from './values';

/** The facts about a row; those that every row has come last. */
export function Facts({ entity, row }: { entity: Entity; row: Row }) {
  const facts =
    entity.facts ?? entity.fields.filter(({ panel }) => !panel).map(({ key }) => key as keyof Row);
  return (
    <section class="panel" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <dl class="facts">
        {facts.map((fact) => (
          <One key={typeof fact === 'string' ? fact : fact[0]} entity={entity} row={row} fact={fact} />
        ))}
        <dt>Version</dt>
        <dd>{row.version}</dd>
        <dt>Created</dt>
        <dd>
          <Moment at={row.created_at} />
        </dd>
        <dt>Updated</dt>
        <dd>
          <Moment at={row.updated_at} />
        </dd>
        <dt>ID</dt>
        <dd>
          <Copied what="ID" text={String(row.id)}>
            {row.id}
          </Copied>
        </dd>
      </dl>
      <p class="row copies">
        <CopyButton what="JSON" label="Copy as JSON" text={write(row, '  ')} />
        <CopyButton what="curl" label="Copy as curl" text={curl(entity, row)} />
      </p>
    </section>
  );
}

/** The call that reads the row. The token is a variable, because copied text is pasted anywhere. */
function curl(entity: Entity, row: Row): string {
  const header = hasToken() ? ' -H "Authorization: Bearer $FUALAB_TOKEN"' : '';
  return `curl${header} ${location.origin}${entity.api ?? `/api/${entity.name}`}/${row.id}`;
}

function One({ entity, row, fact }: { entity: Entity; row: Row; fact: Fact }) {
  const field = entity.fields.find(({ key }) => key === fact);
  const [label, shown] =
    typeof fact === 'string'
      ? [field?.label ?? fact, field?.shown(valueIn(row, fact)) ?? null]
      : [fact[0], fact[1](row)];
  return (
    <Fragment>
      <dt>{label}</dt>
      <dd>{shown}</dd>
    </Fragment>
  );
}
