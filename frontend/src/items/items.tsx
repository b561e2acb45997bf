import { area, json, moment, text } from '../form/fields';
import { Copied, Nothing } from '../form/shown';
import { ID, UPDATED } from '../list/columns';
import { declare, type RowOf } from '../list/entity';
import { dateTime, Time } from '../ui/time';
import { DuplicateOf, Duplicates } from './duplicates';
import { Enriched, ItemStatus } from './status';
import './items.css';

export type Item = RowOf<'items'>;

const PENDING = <span class="quiet">processing…</span>;

/** The items: how they are listed, edited and shown. */
export const items = declare<'items'>({
  lead: 'Named records with attributes of any kind. The worker enriches them and lets them expire.',
  about:
    'An item is a record with a name and, if you like, a description, attributes of any kind and a time when it ' +
    'expires. The worker gives each a slug, finds duplicates, and marks what has expired.',
  named: 'name',
  columns: [
    { key: 'name', text: 'Name', sort: 'name' },
    { key: 'status', text: 'Status', wide: true, cell: ({ status }) => <ItemStatus status={status} /> },
    {
      key: 'expires_at',
      text: 'Expires',
      wide: true,
      cell: ({ expires_at }) => (expires_at === null ? <Never /> : <Time at={expires_at} />),
    },
    UPDATED,
    ID,
  ],
  under: (item) => (
    <>
      <span class="narrow">
        <ItemStatus status={item.status} />
      </span>
      {item.duplicate_of !== null && <DuplicateOf id={item.duplicate_of} />}
    </>
  ),
  sorts: ['created_at'],
  search: 'In names and descriptions',
  filters: [
    {
      param: 'status',
      label: 'Status',
      options: [
        ['active', 'Active'],
        ['expired', 'Expired'],
      ],
      reason: (status) => `is ${status}`,
    },
    {
      param: 'external_id',
      label: 'External ID',
      typed: 'text',
      reason: (id) => `has the external ID “${id}”`,
    },
    {
      param: 'created_after',
      label: 'Created after',
      typed: 'moment',
      reason: (at) => `was created after ${dateTime(at)}`,
    },
    {
      param: 'created_before',
      label: 'Created before',
      typed: 'moment',
      reason: (at) => `was created before ${dateTime(at)}`,
    },
    {
      param: 'duplicate_of',
      chip: (id) => `Duplicates of item ${id}`,
      reason: (id) => `is a duplicate of item ${id}`,
    },
  ],
  fields: [
    text('name', 'Name', { required: true, max: 255, counted: true }),
    area('description', 'Description', { max: 10_000 }),
    text('external_id', 'External ID', {
      max: 255,
      optional: true,
      unique: true,
      hint: 'The id that the item has elsewhere. No other item has the same.',
    }),
    json('attributes', 'Attributes', { member: 'Attribute' }),
    moment('expires_at', 'Expires', {
      none: 'Never',
      past: 'the item will expire within a minute',
    }),
  ],
  facts: [
    ['Status', ({ status }) => <ItemStatus status={status} />],
    'expires_at',
    'external_id',
    [
      'Duplicate of',
      ({ duplicate_of }) => (duplicate_of === null ? <Nothing /> : <DuplicateOf id={duplicate_of} named />),
    ],
    ['Slug', ({ slug }) => (slug === null ? PENDING : <Code what="slug" text={slug} />)],
    [
      'Fingerprint',
      ({ fingerprint }) => (fingerprint === null ? PENDING : <Code what="fingerprint" text={fingerprint} />),
    ],
    ['Enriched', ({ enriched }) => <Enriched enriched={enriched} />],
  ],
  panels: ({ id }, of) => <Duplicates list={of} of={id} />,
  files: {
    columns: ['external_id', 'name', 'description', 'attributes', 'expires_at', 'created_at'],
    key: 'external_id',
    lead: "Items from a file: columns that are not an item's own become attributes.",
  },
  samples: async (of) => (await import('./samples.later')).makeSamples(of),
});

function Code({ what, text }: { what: string; text: string }) {
  return (
    <Copied what={what} text={text}>
      <code>{text}</code>
    </Copied>
  );
}

function Never() {
  return (
    <>
      <span aria-hidden="true">—</span>
      <span class="visually-hidden">never</span>
    </>
  );
}
