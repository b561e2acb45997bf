import { useMutation, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { ask } from '../../api/client';
import { changed } from '../../api/queries';
import { Dialog } from '../../ui/dialog';
import { Loaded } from '../../ui/loaded';
import { Needs } from '../../ui/needs';
import { complain, tell } from '../../ui/notices';
import { Page } from '../../ui/page';
import { Time } from '../../ui/time';
import { tokensQuery } from '../queries';
import type { Token } from '../types';
import { Create } from './create';
import { stateOf } from './state';

/** The API's tokens and their scopes. */
export function Tokens() {
  const query = useQuery(tokensQuery());
  return (
    <Page title="Tokens" lead="Who may use the API, newest first.">
      <Create />
      <Loaded query={query} what="The tokens">
        {(tokens) =>
          tokens.length === 0 ? (
            <p class="empty">There are no tokens yet.</p>
          ) : (
            <div class="table">
              <table class="tokens" aria-label="Tokens">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Scopes</th>
                    <th scope="col">State</th>
                    <th scope="col">Created</th>
                    <th scope="col">Last used</th>
                    <th scope="col">
                      <span class="visually-hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {tokens.map((token) => (
                    <Row key={token.id} token={token} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

function Row({ token }: { token: Token }) {
  const [asking, setAsking] = useState(false);
  const { word, tone, at } = stateOf(token, Date.now());
  const revoke = useMutation({
    mutationFn: () => ask(`/api/tokens/${token.id}`, { method: 'DELETE' }),
    onSuccess: () => tell(`Token ${token.name} revoked.`),
    onError: (error) => complain(`Token ${token.name} was not revoked`, error),
    onSettled: () => void changed('tokens'),
  });
  return (
    <tr>
      <th scope="row">
        <bdi>{token.name}</bdi>
      </th>
      <td>{token.scopes?.join(', ')}</td>
      <td>
        <span class={`badge ${tone}`}>
          <span class="dot" aria-hidden="true" />
          {word} {at && <Time at={at} />}
        </span>
      </td>
      <td>
        <Time at={token.created_at} />
      </td>
      <td>{token.last_used_at ? <Time at={token.last_used_at} /> : 'never'}</td>
      <td class="act">
        {tone === 'good' && (
          <Needs scope="admin">
            <button
              type="button"
              class="danger small"
              aria-label={`Revoke ${token.name}…`}
              onClick={() => setAsking(true)}
            >
              Revoke…
            </button>
          </Needs>
        )}
        {asking && (
          <Dialog title={`Revoke ${token.name}?`} onClose={() => setAsking(false)}>
            <p>
              Programs and people that use this token can no longer sign in with it. This cannot be undone.
            </p>
            <p class="row">
              <button
                type="button"
                class="danger"
                onClick={() => {
                  setAsking(false);
                  revoke.mutate();
                }}
              >
                Revoke the token
              </button>
              <button type="button" class="secondary" onClick={() => setAsking(false)}>
                Keep it
              </button>
            </p>
          </Dialog>
        )}
      </td>
    </tr>
  );
}
