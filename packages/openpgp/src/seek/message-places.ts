import { BodyDeframer } from "../packets/deframe.ts";
import { lengthBytes, parseHeader } from "../packets/header.ts";
import { TAG } from "../packets/tags.ts";

/** A body shorter than one part is one part of any size. */
const ONE_PART = 30;

/** Where things are in an object that is one encrypted message, as far as its first bytes tell. */
export interface MessagePlaces {
  /** Where the encrypted packet (SEIPD version 1) begins. */
  readonly messageStart: number;
  /** Its parts have 2^partBits bytes. */
  readonly partBits: number;
}

/** Undefined when `head` does not begin with session key packets and a packet that is framed as we frame it. */
export function messagePlaces(head: Uint8Array): MessagePlaces | undefined {
  for (let at = 0; ; ) {
    const packet = (head[at] ?? 0) >= 0xc0 ? parseHeader(head, at) : undefined;
    if (packet === undefined) return undefined;
    const { tag, length, size } = packet;
    if (tag === TAG.seipd && length.partial) return { messageStart: at, partBits: Math.log2(length.bytes) };
    if (tag === TAG.seipd)
      return size === 1 + lengthBytes(length.bytes).length ? { messageStart: at, partBits: ONE_PART } : undefined;
    if ((tag !== TAG.pkesk && tag !== TAG.skesk) || length.partial) return undefined;
    at += size + length.bytes;
  }
}

/** Where the header of the last part begins behind which there are at least `count` bytes of an object of `size` bytes; or of the first. */
export function partBefore({ messageStart, partBits }: MessagePlaces, size: number, count: number): number {
  const part = 2 ** partBits + 1;
  const first = messageStart + 1;
  return first + Math.max(0, Math.floor((size - count - first) / part)) * part;
}

/** The length of the message's body, from the bytes that follow `start`, which is a {@link partBefore}; undefined when they are wrong. */
export function bodyBytes({ messageStart, partBits }: MessagePlaces, start: number, tail: Uint8Array): number | undefined {
  const deframer = new BodyDeframer({ bytes: 0, partial: true });
  const parts: Uint8Array[] = [];
  const used = deframer.push(tail, parts);
  if (!deframer.done || used < tail.length) return undefined;
  const before = (start - messageStart - 1) / (2 ** partBits + 1);
  return parts.reduce((sum, { length }) => sum + length, before * 2 ** partBits);
}
