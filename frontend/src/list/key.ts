import { write } from '../api/exact';

/** The body of the create that has no answer yet, and its Idempotency-Key. */
let open = { sent: '', key: '' };

/** The key of a creation: the same one when it is sent again because its answer was lost. */
export function keyOf(path: string, body: object): string {
  const sent = path + write(body);
  if (open.sent !== sent) open = { sent, key: `"${crypto.getRandomValues(new Uint32Array(4)).join('-')}"` };
  return open.key;
}

/** The creation is done: the same sent again is meant to make another row. */
export function answered(): void {
  open.sent = '';
}
