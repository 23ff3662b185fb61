/** Bodies on their way in and out, and what a fault does to them there. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { S3FaultEffect } from "./faults.ts";

/** The connection was broken off, or will stay silent, on purpose: there is nobody left to answer. */
export class BrokenOff extends Error {}

/** The request's body. @throws BrokenOff when the fault says so, or the client has gone */
export async function* receive(
  request: IncomingMessage,
  effect: S3FaultEffect | undefined,
  onBytes: (count: number) => void,
): AsyncIterable<Buffer> {
  let at = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      at += chunk.length;
      onBytes(chunk.length);
      if (at > cutAt(effect, "request")) await breakOff(request, effect);
      yield corrupted(chunk, at - chunk.length, effect, "request");
    }
  } catch (error) {
    if (error instanceof BrokenOff || !request.destroyed) throw error;
    throw new BrokenOff("the client has gone");
  }
  if (cutAt(effect, "request") < Number.POSITIVE_INFINITY) await breakOff(request, effect);
}

/** Sends the answer; resolves when it is sent, broken off, or the client has gone. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  effect: S3FaultEffect | undefined,
): Promise<void> {
  const end = effect?.kind === "short" ? effect.after : cutAt(effect, "answer");
  response.flushHeaders();
  let at = 0;
  for await (const chunk of body) {
    if (response.destroyed) return;
    const piece = corrupted(chunk.subarray(0, end - at), at, effect, "answer");
    at += chunk.length;
    if (!response.write(piece)) await drained(response);
    if (at >= end) break;
  }
  if (end === Number.POSITIVE_INFINITY) {
    await new Promise<void>((resolve) => response.once("close", resolve).end(resolve));
    return;
  }
  // What was written leaves before the connection ends.
  await setImmediate();
  if (effect?.kind === "short") request.socket.destroySoon();
  else await breakOff(request, effect).catch(() => {});
}

/** Resolves when there is room for more, or never will be. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
    if (stream.destroyed) done();
  });
}

/** Resets the connection, or keeps it open until the client gives up. */
export async function breakOff(request: IncomingMessage, effect: S3FaultEffect | undefined): Promise<never> {
  if (effect?.kind === "stall") await new Promise((resolve) => request.socket.once("close", resolve));
  else request.socket.resetAndDestroy();
  throw new BrokenOff("a fault that the test asked for");
}

/** How many bytes of the body pass. */
function cutAt(effect: S3FaultEffect | undefined, at: "request" | "answer"): number {
  if (effect?.kind !== "reset" && effect?.kind !== "stall") return Number.POSITIVE_INFINITY;
  return effect.at === at ? (effect.after ?? 0) : Number.POSITIVE_INFINITY;
}

function corrupted<T extends Uint8Array>(
  chunk: T,
  at: number,
  effect: S3FaultEffect | undefined,
  where: "request" | "answer",
): T {
  if (effect?.kind !== "corrupt" || effect.at !== where) return chunk;
  const index = (effect.offset ?? 0) - at;
  if (index < 0 || index >= chunk.length) return chunk;
  const copy = Buffer.from(chunk);
  copy[index]! ^= 1;
  return copy as unknown as T;
}
