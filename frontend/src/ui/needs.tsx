import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { components } from '../api/schema';
import { signedOut } from '../api/token';
import { lacking } from './page';

type Me = components['schemas']['Me'];
type Scope = 'read' | 'write' | 'admin';

/** The caller that has signed in, as the API says. */
export const me = atom<Me | null>(null);

const WHY: Record<Scope, string> = {
  read: 'Your token does not allow reading (scope read).',
  write: 'Your token does not allow changes (scope write).',
  admin: 'Your token does not allow operating the platform (scope admin).',
};

/** Why something cannot be done without a scope, or '' where it can. The page says it once, whatever asks for it. */
export function useLack(scope: Scope): string {
  const who = useStore(me);
  const out = useStore(signedOut);
  const allowed = out ? false : !who || who.scopes?.includes(scope) === true;
  const why = allowed ? '' : out ? 'Sign in first.' : WHY[scope];
  useEffect(() => {
    if (!why) return;
    lacking.set([...lacking.get(), why]);
    return () => {
      const all = [...lacking.get()];
      all.splice(all.indexOf(why), 1);
      lacking.set(all);
    };
  }, [why]);
  return why;
}

/** A control that needs a scope; without the scope it is visible and disabled, and says why. */
export function Needs({ scope, children }: { scope: Scope; children: ComponentChildren }) {
  const why = useLack(scope);
  if (!why) return <>{children}</>;
  return (
    <fieldset disabled class="lacking" title={why}>
      {children}
    </fieldset>
  );
}
