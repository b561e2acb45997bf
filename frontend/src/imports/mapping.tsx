import { type Preview, usual } from './preview';

/** The first rows of a file, and above each column its use. */
export function Mapping({
  own,
  preview: { heads, rows },
  chosen,
  onChoose,
}: {
  own: readonly string[];
  preview: Preview;
  chosen: Readonly<Record<string, string>>;
  onChoose: (head: string, target: string) => void;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling element must be reached by keyboard
    <section class="table scrolls" tabIndex={0} aria-label="The first rows of the file">
      <table class="mapping">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
                <select
                  aria-label={`What ${head} is for`}
                  value={chosen[head] ?? usual(own, head)}
                  onChange={(event) => onChoose(head, event.currentTarget.value)}
                >
                  {own.map((column) => (
                    <option key={column} value={column}>
                      {column}
                    </option>
                  ))}
                  <option value={`attributes.${head}`}>attribute</option>
                  <option value="">leave out</option>
                </select>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {heads.map((head, column) => (
                <td key={head}>{(row[column] ?? '').slice(0, 80)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
