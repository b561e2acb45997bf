import { type Named, plural, type Query } from '../list/entity';
import { useLack } from '../ui/needs';
import { Download } from './download';

const FORMATS = [
  ['csv', 'Export CSV'],
  ['ndjson', 'Export NDJSON'],
] as const;

/** Downloads of the rows that the filters choose, all pages of them. */
export function Export({ of, filter }: { of: Named; filter: Query }) {
  if (useLack('read')) return null;
  return (
    <>
      {FORMATS.map(([format, label]) => {
        const query = new URLSearchParams({ format });
        for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
        return (
          <Download
            key={format}
            href={`${of.api ?? `/api/${of.name}`}/export?${query}`}
            name={`${of.name}.${format}`}
            what={plural(of)}
            button="button secondary"
          >
            {label}
          </Download>
        );
      })}
    </>
  );
}
