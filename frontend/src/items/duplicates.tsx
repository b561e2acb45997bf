import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import type { Named, RowOf } from '../list/entity';
import { listQuery } from '../list/store';
import { pollEvery } from '../live/live';
import { Loaded } from '../ui/loaded';

const FIRST = 20;

/** The items that the worker has found to be duplicates of one. */
export function Duplicates({ list, of }: { list: Named; of: number }) {
  const query = { duplicate_of: of, limit: FIRST };
  const items = useQuery({ ...listQuery<RowOf<'items'>>(list, query), refetchInterval: pollEvery });
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
              {next !== null && <Link href={`/items?duplicate_of=${of}`}>All duplicates</Link>}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

/** The oldest item of this name, which this one repeats. */
export function DuplicateOf({ id, named = false }: { id: number; named?: boolean }) {
  const link = <Link href={`/items/${id}`}>{named ? `Item ${id}` : id}</Link>;
  return named ? link : <span>duplicate of {link}</span>;
}
