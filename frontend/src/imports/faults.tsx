import { useQuery } from '@tanstack/preact-query';
import { Loaded } from '../ui/loaded';
import { number } from '../ui/number';
import { Download } from './download';
import { faultsFile, type Import, readFaults } from './send';
import { keyOf } from './sending';

/** The faults of the file, in its order. */
export function Faults({ it }: { it: Import }) {
  const faults = useQuery({
    queryKey: [...keyOf(it.id), 'faults', it.state, it.rejected],
    queryFn: ({ signal }) => readFaults(it.id, signal),
  });
  return (
    <section class="panel" aria-labelledby="import-faults">
      <header class="panel-head">
        <h2 id="import-faults">Rejected rows</h2>
        <Download href={faultsFile(it.id)} name={`import-${it.id}-errors.csv`} what="errors">
          Download as CSV
        </Download>
      </header>
      <Loaded query={faults} what="The errors">
        {(all) => (
          <>
            {all.length < it.rejected && (
              <p class="quiet">
                The first {number(all.length)} errors; {number(it.rejected)} rows are rejected.
              </p>
            )}
            <div class="table">
              <table aria-label="Errors">
                <thead>
                  <tr>
                    <th scope="col" class="number">
                      Line
                    </th>
                    <th scope="col">Column</th>
                    <th scope="col">Error</th>
                  </tr>
                </thead>
                <tbody>
                  {all.map(({ line, column, reason }) => (
                    <tr key={`${line} ${column} ${reason}`}>
                      <td class="number">{number(line)}</td>
                      <td>{column || <span class="quiet">the whole row</span>}</td>
                      <td>{reason}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </Loaded>
    </section>
  );
}
