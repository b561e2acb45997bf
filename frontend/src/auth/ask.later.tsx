import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';
import { useId, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { api, body } from '../api/client';
import { ApiProblem, explain, problemOf } from '../api/problem';
import { queryClient } from '../api/queries';
import { keep, signing } from '../api/token';
import { Dialog } from '../ui/dialog';
import { me } from '../ui/needs';

const asking = atom(false);

const CREATE = 'fualab-api token create --name me --scope read,write,admin';
const CREATE_LOCAL = CREATE.replace('fualab-api', 'go run ./ops/local');

/** Asks the person for a token, beside the page: a text typed there stays. */
export function ask(): void {
  signing.set(Signing);
  asking.set(true);
}

/** Asks the API for the name and the scopes of the stored token. */
export async function learn(): Promise<void> {
  me.set(await body(api.GET('/api/me')));
  signing.set(Signing);
}

/** Signs a person in or out. */
function Signing() {
  const who = useStore(me);
  const open = useStore(asking);
  const signOut = () => {
    keep('', false);
    location.reload(); // nothing that was read stays
  };
  return (
    <>
      {who && <Link href="/tokens">{who.name}</Link>}
      <button type="button" class="secondary" onClick={who ? signOut : ask}>
        {who ? 'Sign out' : 'Sign in'}
      </button>
      {open && <Ask onClose={() => asking.set(false)} />}
    </>
  );
}

function Ask({ onClose }: { onClose: () => void }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [token, setToken] = useState('');
  const [stay, setStay] = useState(false);
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    try {
      me.set(await identify(token.trim()));
      keep(token.trim(), stay);
      onClose();
      void queryClient.invalidateQueries();
      dispatchEvent(new Event('online')); // live/stream.ts tries again at once
    } catch (error) {
      setFault(error instanceof ApiProblem ? error.message : explain(error).detail);
      setBusy(false);
      field.current?.focus();
      field.current?.select();
    }
  };
  return (
    <Dialog title="Sign in" onClose={onClose}>
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
            autofocus
            autoComplete="off"
            required
            aria-describedby={`${id}-hint`}
            aria-invalid={fault ? 'true' : undefined}
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
          <span class="hint" id={`${id}-hint`}>
            An administrator creates one:
            <code class="command">{CREATE}</code>
            {/^(localhost|127\.|\[::1\])/.test(location.hostname) && (
              <>
                With the local runner: <code class="command">{CREATE_LOCAL}</code>
              </>
            )}
          </span>
        </div>
        <div class="field">
          <label class="check">
            <input
              type="checkbox"
              checked={stay}
              onChange={(event) => setStay(event.currentTarget.checked)}
            />
            Stay signed in on this device
          </label>
          <span class="hint">Otherwise the token is kept in this tab only, until you close it.</span>
        </div>
        <div role="alert">{fault && <p class="callout bad">{fault}</p>}</div>
        <button type="submit" aria-disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </Dialog>
  );
}

async function identify(token: string): Promise<NonNullable<ReturnType<typeof me.get>>> {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Error('This is not a token: it contains spaces or special characters.');
  const answer = await fetch('/api/me', {
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw await problemOf(answer);
  return await answer.json();
}
