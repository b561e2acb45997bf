import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { hasToken } from '../api/token';
import { complain } from '../ui/notices';
import { ask } from './ask';

/** A link to a file of the API's. An error message names its content, such as "notes". */
export function Download({
  href,
  name,
  what,
  button = '',
  children,
}: {
  href: string;
  name: string;
  what: string;
  button?: string;
  children: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  return (
    <a
      class={button}
      href={href}
      download={name}
      aria-busy={busy}
      onClick={(event) => {
        if (!hasToken()) return; // the browser writes it to disk as it comes
        event.preventDefault();
        if (busy) return;
        setBusy(true);
        save(href, name)
          .catch((error: unknown) => complain(`The ${what} could not be downloaded`, error))
          .finally(() => setBusy(false));
      }}
    >
      {children}
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
