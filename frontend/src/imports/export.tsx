import { useState } from 'preact/hooks';
import { hasToken } from '../api/token';
import { type Named, plural, type Query } from '../list/entity';
import { complain } from '../ui/notices';
import { ask } from './ask';

/** A download: the rows that the filters choose, all pages of them. */
interface Chosen {
  of: Named;
  filter: Query;
}

export function Export(chosen: Chosen) {
  return (
    <>
      <Download {...chosen} format="csv" label="Export CSV" />
      <Download {...chosen} format="ndjson" label="Export NDJSON" />
    </>
  );
}

function Download({ of, filter, format, label }: Chosen & { format: string; label: string }) {
  const [busy, setBusy] = useState(false);
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
  const href = `${of.api ?? `/api/${of.name}`}/export?${query}`;
  const name = `${of.name}.${format}`;
  return (
    <a
      class="button secondary"
      href={href}
      download={name}
      aria-busy={busy}
      onClick={(event) => {
        if (!hasToken()) return; // the browser writes it to disk as it comes
        event.preventDefault();
        if (busy) return;
        setBusy(true);
        save(href, name)
          .catch((error: unknown) => complain(`The ${plural(of)} could not be exported`, error))
          .finally(() => setBusy(false));
      }}
    >
      {label}
    </a>
  );
}

/** A link sends no token, so that the file is fetched and then saved. */
async function save(href: string, name: string): Promise<void> {
  const url = URL.createObjectURL(await (await ask(href)).blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
