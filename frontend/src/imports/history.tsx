import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import type { Named } from '../list/entity';
import { Loaded } from '../ui/loaded';
import { Time } from '../ui/time';
import { nameOfFile } from './names';
import { ended, readNewest } from './send';
import { summary, WORDS } from './words';

const MOST = 20;
const PAUSE = 2_000; // milliseconds between two looks while one goes on

/** The newest imports of all clients: each is found again. */
export function History({ entity }: { entity: Named }) {
  const imports = useQuery({
    queryKey: ['imports', 'newest'],
    queryFn: ({ signal }) => readNewest(MOST, signal),
    refetchInterval: ({ state }) => (state.data?.every(ended) ? false : PAUSE),
  });
  return (
    <section class="panel" aria-labelledby="imports">
      <h2 id="imports">Imports</h2>
      <Loaded query={imports} what="The imports">
        {(all) =>
          all.length === 0 ? (
            <p class="quiet">There are none yet.</p>
          ) : (
            <div class="table">
              <table class="imports" aria-labelledby="imports">
                <thead>
                  <tr>
                    <th scope="col">Import</th>
                    <th scope="col">State</th>
                    <th scope="col">Rows</th>
                    <th scope="col">Begun</th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((it) => (
                    <tr key={it.id}>
                      <td>
                        <Link href={`/${entity.name}?import=${it.id}`}>
                          <bdi>{nameOfFile(it.id) ?? `Import ${it.id}`}</bdi>
                        </Link>
                      </td>
                      <td>
                        {WORDS[it.state]}
                        {it.dry_run && <small> (check only)</small>}
                      </td>
                      <td>{summary(it)}</td>
                      <td>
                        <Time at={it.created_at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </section>
  );
}
