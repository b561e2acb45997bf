import { useState } from 'preact/hooks';
import { CopyButton } from '../../ui/copy';

const SCOPES = ['read', 'write', 'admin'] as const;

/** Makes the command that creates a token: the API shows none, so that none passes through a browser's page. */
export function Create() {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>(['read']);
  const command = `fualab-api token create --name ${shell(name.trim() || 'NAME')} --scope ${scopes.join(',') || 'read'}`;
  return (
    <section class="panel" aria-labelledby="create-token">
      <h2 id="create-token">Create a token</h2>
      <div class="filters">
        <label>
          Name
          <input
            type="text"
            maxLength={100}
            autoComplete="off"
            placeholder="such as ci"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <fieldset class="row" aria-label="Scopes">
          {SCOPES.map((scope) => (
            <label key={scope} class="check">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={({ currentTarget: { checked } }) =>
                  setScopes(SCOPES.filter((one) => (one === scope ? checked : scopes.includes(one))))
                }
              />
              {scope}
            </label>
          ))}
        </fieldset>
      </div>
      <p>
        Run this where the API runs. It prints the token, once.{' '}
        <CopyButton what="the command" text={command} />
        <code class="command">{command}</code>
      </p>
    </section>
  );
}

/** A word of a command, as a shell reads it. */
function shell(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
