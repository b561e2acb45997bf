import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';
import { useId, useRef, useState } from 'preact/hooks';
import { api, body } from '../api/client';
import { explain, problemOf } from '../api/problem';
import { queryClient } from '../api/queries';
import { KEY, signing, use } from '../api/token';
import { Dialog } from '../ui/dialog';
import { me } from '../ui/needs';

const asking = atom(false);

/** Asks the person for a token, beside whatever is on the page: what is typed there stays. */
export function ask(): void {
  signing.set(Signing);
  asking.set(true);
}

/** Finds out what the token that is kept may do. */
export async function learn(): Promise<void> {
  me.set(await body(api.GET('/api/me')));
  signing.set(Signing);
}

/** Signs in, or out who has. */
function Signing() {
  const who = useStore(me);
  const open = useStore(asking);
  const signOut = () => {
    keep('');
    location.reload(); // nothing of what was read stays
  };
  return (
    <>
      <button type="button" class="secondary" onClick={who ? signOut : ask}>
        {who ? `Sign out ${who.name}` : 'Sign in'}
      </button>
      {open && <Ask onClose={() => asking.set(false)} />}
    </>
  );
}

function keep(token: string): void {
  use(token);
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Storage is off: the token lasts as long as the page.
  }
}

function Ask({ onClose }: { onClose: () => void }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [token, setToken] = useState('');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    try {
      me.set(await identify(token.trim()));
      keep(token.trim());
      onClose();
      void queryClient.invalidateQueries();
      dispatchEvent(new Event('online')); // live/stream.ts tries again at once
    } catch (error) {
      setFault(explain(error).detail);
      setBusy(false);
      field.current?.focus();
      field.current?.select();
    }
  };
  return (
    <Dialog title="The API asks for a token" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="field">
          <label for={id}>Token</label>
          <input
            ref={field}
            id={id}
            type="password"
            autoComplete="off"
            required
            aria-describedby={`${id}-hint`}
            aria-invalid={fault ? 'true' : undefined}
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
          <span class="hint" id={`${id}-hint`}>
            <code>fualab-api token create</code> makes one. It is kept until this tab is closed.
          </span>
        </div>
        <div role="alert">{fault && <p class="callout bad">{fault}</p>}</div>
        <button type="submit" aria-disabled={busy}>
          {busy ? 'Asking…' : 'Sign in'}
        </button>
      </form>
    </Dialog>
  );
}

async function identify(token: string): Promise<NonNullable<ReturnType<typeof me.get>>> {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Error('A token has no blanks, and no letters but those of ASCII.');
  const answer = await fetch('/api/me', {
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw await problemOf(answer);
  return await answer.json();
}
