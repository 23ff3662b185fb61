let closed: InstanceType<typeof MessagePort> | undefined;

/**
 * Gives memory back to the allocator at once, instead of when the collector comes to it: `bytes` is empty then, as is everything else
 * that shows its ArrayBuffer. For what Node makes anew in each call of a cipher: what waits for the collector counts as the
 * heap's, and made V8 look through all of it every 32 MiB. Measured with 1 GB: 12 whole collections instead of 53, about 1 CPU second less.
 *
 * What is transferred to a port leaves its owner, and what is sent to a closed one is dropped.
 */
export function giveBack(bytes: Uint8Array<ArrayBufferLike>): void {
  const { buffer } = bytes;
  if (bytes.length < buffer.byteLength || buffer instanceof SharedArrayBuffer) return; // others may live in it
  closed ??= closedPort();
  closed.postMessage(undefined, [buffer]);
}

function closedPort(): InstanceType<typeof MessagePort> {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.close();
  return port1;
}
