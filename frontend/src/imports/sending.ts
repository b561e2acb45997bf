import { atom } from 'nanostores';
import { queryClient } from '../api/queries';
import { keepName } from './names';
import { cancel, create, type Import, upload } from './send';

/** The upload of this window. It goes on while another page is shown. */
export interface Sending {
  id: number;
  file: File;
  query: Record<string, string>;
  began: number; // milliseconds, as Date.now
  first: number; // bytes that were there when it began
  sent: number;
  failed: unknown; // null while it goes on
}

export const sending = atom<Sending | null>(null);
let stop = new AbortController();

export const keyOf = (id: number) => ['imports', id] as const;

/** Begins an import and the upload of its file. */
export async function begin(
  file: File,
  query: Record<string, string>,
  format: Import['format'],
): Promise<Import> {
  const it = await create(query, format);
  keepName(it.id, file.name);
  goOn(it, file, query);
  return it;
}

/** Sends the rest of a file, which the API does not have yet. */
export function goOn(it: Import, file: File, query: Record<string, string>): void {
  stop.abort();
  stop = new AbortController();
  const first = it.bytes_received;
  const mine: Sending = { id: it.id, file, query, began: Date.now(), first, sent: first, failed: null };
  sending.set(mine);
  const tell = (change: Partial<Sending>) => {
    const now = sending.get();
    if (now?.id === it.id) sending.set({ ...now, ...change });
  };
  upload(it, file, (sent) => tell({ sent }), stop.signal).then(
    (done) => queryClient.setQueryData(keyOf(it.id), done),
    (failed: unknown) => tell({ failed }),
  );
}

/** Ends an import, and its upload if that is this window's. */
export async function end(id: number): Promise<void> {
  if (sending.get()?.id === id) stop.abort();
  queryClient.setQueryData(keyOf(id), await cancel(id));
}
