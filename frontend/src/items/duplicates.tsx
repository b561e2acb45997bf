import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import { itemsQuery } from '../api/queries';
import { pollEvery } from '../live/live';
import { Loaded } from '../ui/loaded';
import { addressOf, DEFAULT } from './view';

const FIRST = 20;

/** The items that the worker has found to be duplicates of one. */
export function Duplicates({ of }: { of: number }) {
  const items = useQuery({ ...itemsQuery({ duplicate_of: of, limit: FIRST }), refetchInterval: pollEvery });
  return (
    <section class="panel" aria-labelledby="duplicates">
      <h2 id="duplicates">Duplicates</h2>
      <Loaded query={items} what="The duplicates">
        {({ rows, next }) => {
          if (rows.length === 0) return <p class="quiet">None: no newer item has this name.</p>;
          return (
            <>
              <ul class="plain">
                {rows.map((item) => (
                  <li key={item.id}>
                    <Link href={`/items/${item.id}`}>{item.name}</Link> <small>{item.id}</small>
                  </li>
                ))}
              </ul>
              {next !== null && <Link href={addressOf({ ...DEFAULT, duplicateOf: of })}>All duplicates</Link>}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}
