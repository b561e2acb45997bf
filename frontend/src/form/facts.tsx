import { Fragment } from 'preact';
import type { Entity, Fact, Row } from '../list/entity';
import { Moment } from './shown';
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
        <dd>{row.id}</dd>
      </dl>
    </section>
  );
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
