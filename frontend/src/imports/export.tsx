import { useState } from 'preact/hooks';
import type { ItemsQuery } from '../api/queries';
import { hasToken } from '../api/token';
import { complain } from '../ui/notices';
import { ask } from './ask';

/** Downloads the items that the filters choose, all pages of them. */
export function Export({ filter }: { filter: ItemsQuery }) {
  return (
    <>
      <Download filter={filter} format="csv" label="Export CSV" />
      <Download filter={filter} format="ndjson" label="Export NDJSON" />
    </>
  );
}

function Download({ filter, format, label }: { filter: ItemsQuery; format: string; label: string }) {
  const [busy, setBusy] = useState(false);
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
  const href = `/api/items/export?${query}`;
  return (
    <a
      class="button secondary"
      href={href}
      download={`items.${format}`}
      aria-busy={busy}
      onClick={(event) => {
        if (!hasToken()) return; // the browser writes it to disk as it comes
        event.preventDefault();
        if (busy) return;
        setBusy(true);
        save(href, `items.${format}`)
          .catch((error: unknown) => complain('The items could not be exported', error))
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
