import { useStore } from '@nanostores/preact';
import { atom } from 'nanostores';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Why some of the page cannot be used, once for each part of it; ui/needs.tsx collects it. */
export const lacking = atom<readonly string[]>([]);

let first = true; // the first page of a visit leaves the focus to the browser

/** A page: its title in the window and on top, where the focus goes when a person comes to it. */
export function Page({
  title,
  lead,
  actions,
  children,
}: {
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · FUALab`;
  }, [title]);
  useEffect(() => {
    if (!first) heading.current?.focus({ preventScroll: true });
    first = false;
  }, []);
  return (
    <>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1} dir="auto">
            {title}
          </h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {[...new Set(useStore(lacking))].map((why) => (
        <p key={why} class="quiet">
          {why}
        </p>
      ))}
      {children}
    </>
  );
}
