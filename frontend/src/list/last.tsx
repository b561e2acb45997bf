import { Link } from 'wouter-preact';
import { type Named, plural } from './entity';

/** The address at which each list was last shown, by its entity. */
const last = new Map<string, string>();

/** Keeps the address of a list, with its search, filters and page. */
export function rememberList({ name }: Named, address: string): void {
  last.set(name, address);
}

/** Leads to the list of an entity: as it was last shown, or else to all of it. */
export function ToList({ of }: { of: Named }) {
  const all = `/${of.name}`;
  const address = last.get(of.name) ?? all;
  return <Link href={address}>{address === all ? `All ${plural(of)}` : `Back to the ${plural(of)}`}</Link>;
}
