import { Link } from 'wouter-preact';
import type { Item } from '../api/client';
import { Time } from '../ui/time';
import { ItemStatus } from './status';

/** What the platform knows of an item. */
export function Facts({ item }: { item: Item }) {
  const pending = <span class="quiet">the worker is at it</span>;
  return (
    <section class="panel" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <dl class="facts">
        <dt>Status</dt>
        <dd>
          <ItemStatus status={item.status} />
        </dd>
        <dt>Expires</dt>
        <dd>{item.expires_at === null ? 'Never' : <Moment at={item.expires_at} />}</dd>
        <dt>Duplicate of</dt>
        <dd>
          {item.duplicate_of === null ? (
            '—'
          ) : (
            <Link href={`/items/${item.duplicate_of}`}>Item {item.duplicate_of}</Link>
          )}
        </dd>
        <dt>Slug</dt>
        <dd>{item.slug === null ? pending : <code>{item.slug}</code>}</dd>
        <dt>Fingerprint</dt>
        <dd>{item.fingerprint === null ? pending : <code>{item.fingerprint}</code>}</dd>
        <dt>Enriched</dt>
        <dd>
          <span class={`badge ${item.enriched ? 'good' : 'warn'}`}>
            <span class="dot" aria-hidden="true" />
            {item.enriched ? 'Yes' : 'Waiting for the worker'}
          </span>
        </dd>
        <dt>Version</dt>
        <dd>{item.version}</dd>
        <dt>Created</dt>
        <dd>
          <Moment at={item.created_at} />
        </dd>
        <dt>Updated</dt>
        <dd>
          <Moment at={item.updated_at} />
        </dd>
        <dt>ID</dt>
        <dd>{item.id}</dd>
      </dl>
    </section>
  );
}

/** An instant both ways: how far away, and exactly. */
function Moment({ at }: { at: string }) {
  return (
    <>
      <Time at={at} />{' '}
      <small>
        <Time at={at} exact />
      </small>
    </>
  );
}

const LONG = 40; // lines

/** The attributes as JSON: text, whatever is in them. */
export function Attributes({ attributes }: { attributes: Item['attributes'] }) {
  const text = JSON.stringify(attributes, null, 2);
  const lines = text.split('\n').length;
  return (
    <section class="panel" aria-labelledby="attributes">
      <h2 id="attributes">Attributes</h2>
      {Object.keys(attributes).length === 0 ? (
        <p class="quiet">None.</p>
      ) : (
        <details open={lines <= LONG}>
          <summary>{lines === 1 ? 'JSON' : `JSON, ${lines} lines`}</summary>
          <pre class="json">{text}</pre>
        </details>
      )}
    </section>
  );
}
