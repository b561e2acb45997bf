/** What was sent to be created and has not been answered, and its Idempotency-Key. */
let open = { sent: '', key: '' };

/** The key of a creation: the same one when it is sent again because its answer was lost. */
export function keyOf(body: object): string {
  const sent = JSON.stringify(body);
  if (open.sent !== sent) open = { sent, key: `"${crypto.getRandomValues(new Uint32Array(4)).join('-')}"` };
  return open.key;
}

/** The creation is done: whoever sends the same again wants another item. */
export function answered(): void {
  open.sent = '';
}
