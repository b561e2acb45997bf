import { useStore } from '@nanostores/preact';
import { useEffect, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { importing } from '../live/live';
import { nameOfFile } from './names';

const ENDED: Record<string, string> = { completed: 'done', failed: 'failed', cancelled: 'cancelled' };
const STAYS = 10_000; // milliseconds after its end

/** How far the import is that works at this moment, on every page. */
export function Indicator({ at }: { at: string }) {
  const it = useStore(importing);
  const [over, setOver] = useState(false);
  const end = it && ENDED[it.state];
  // biome-ignore lint/correctness/useExhaustiveDependencies: another import is shown anew
  useEffect(() => {
    setOver(false);
    if (!end) return;
    const timer = setTimeout(() => setOver(true), STAYS);
    return () => clearTimeout(timer);
  }, [it?.id, end]);
  if (!it || over) return null;
  const share = it.bytes_total ? Math.min(1, it.bytes_read / it.bytes_total) : null;
  const name = nameOfFile(it.id) ?? String(it.id);
  return (
    <Link
      href={`/${at}?import=${it.id}`}
      class={`badge ${end ? 'waits' : 'busy'}`}
      title={`Import of ${name}`}
    >
      <span class="dot" aria-hidden="true" />
      Import {end ?? (share === null ? '…' : `${Math.floor(share * 100)} %`)}
    </Link>
  );
}
