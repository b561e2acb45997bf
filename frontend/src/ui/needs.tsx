import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';
import type { ComponentChildren } from 'preact';
import type { components } from '../api/schema';

type Me = components['schemas']['Me'];

/** Who has signed in, as the API says. */
export const me = atom<Me | null>(null);

/** What can be done with a scope; without it, it is there and cannot be used, and says why. */
export function Needs({
  scope,
  children,
}: {
  scope: 'read' | 'write' | 'admin';
  children: ComponentChildren;
}) {
  const who = useStore(me);
  if (!who || who.scopes?.includes(scope)) return <>{children}</>;
  const why = `Needs the scope ${scope}, which your token lacks.`;
  return (
    <fieldset disabled class="lacking" title={why}>
      {children}
      <small>{why}</small>
    </fieldset>
  );
}
