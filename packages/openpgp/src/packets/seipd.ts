import { createCipheriv, createHash } from "node:crypto";
import { AES_256, cipherInfo } from "./algorithms.ts";
import { badMessage } from "./fault.ts";
import { giveBack } from "./give-back.ts";
import { type Emit, PartialFramer } from "./partial.ts";
import type { SessionKey } from "./session-key.ts";
import { TAG } from "./tags.ts";

/** The modification detection code packet: two bytes of header, a SHA-1 (RFC 4880 5.14). */
const MDC_HEADER = Uint8Array.of(0xd3, 0x14);
const MDC_SIZE = 22;

/**
 * Bytes encrypted at once: Node makes a new buffer for each call. Up to 64 KiB the allocator uses the same memory again; a
 * fresh MiB costs about as much as encrypting it (2 ms).
 */
const SLICE = 32 * 1024;

/** Encrypts and authenticates packets as a SEIPD version 1 packet (RFC 4880 5.13): prefix, CFB, MDC, partial lengths. */
export class SeipdEncoder {
  /** Parts of 2^partBits bytes. */
  readonly partBits: number;
  /** Bytes of the packet's body so far, version and prefix included; all of them after `finish`. */
  bodyBytes = 0;
  readonly #framer: PartialFramer;
  readonly #cipher;
  readonly #hash = createHash("sha1");
  readonly #prefix: Uint8Array;
  #started = false;

  /** `session` must be AES-256. */
  constructor(session: SessionKey, random: { bytes(n: number): Uint8Array }, partBits = 16) {
    if (session.cipher !== AES_256) throw new RangeError("only AES-256 is written");
    this.#framer = new PartialFramer(TAG.seipd, partBits);
    this.partBits = partBits;
    this.#cipher = createCipheriv("aes-256-cfb", session.key, new Uint8Array(16));
    const noise = random.bytes(16);
    this.#prefix = Uint8Array.of(...noise, noise[14]!, noise[15]!);
  }

  /** Emits what is complete by now. `inner` is only read during the call. */
  update(inner: Uint8Array, emit: Emit): void {
    this.#start(emit);
    this.#encrypt(inner, emit);
  }

  /** Emits the rest. The encoder is spent. */
  finish(emit: Emit): void {
    this.#start(emit);
    this.#encrypt(MDC_HEADER, emit);
    this.#push(this.#cipher.update(this.#hash.digest()), emit);
    this.#framer.finish(emit);
  }

  #start(emit: Emit): void {
    if (this.#started) return;
    this.#started = true;
    this.#push(Uint8Array.of(1), emit);
    this.#encrypt(this.#prefix, emit);
  }

  #encrypt(bytes: Uint8Array, emit: Emit): void {
    for (let at = 0; at < bytes.length; at += SLICE) {
      const slice = bytes.subarray(at, at + SLICE);
      this.#hash.update(slice);
      const encrypted = this.#cipher.update(slice);
      this.#push(encrypted, emit);
      giveBack(encrypted);
    }
  }

  #push(body: Uint8Array, emit: Emit): void {
    this.bodyBytes += body.length;
    this.#framer.push(body, emit);
  }
}

/** Takes prefix and MDC off the deciphered body of a SEIPD packet, and checks them. A push core. */
export class MdcReader {
  readonly #hash = createHash("sha1");
  readonly #prefixSize: number;
  #prefixDone = false;
  /** Withheld, because it may be the MDC (or, at first, is part of the prefix). */
  #tail: Uint8Array = new Uint8Array(0);
  /** Used again and again: what reads a volume in chunks would else leave one of these behind for each. */
  #work = new Uint8Array(0);

  constructor(cipher: number) {
    this.#prefixSize = cipherInfo(cipher)!.blockSize + 2;
  }

  /** The packet data that is certain not to be MDC, valid until the next call; `plain` is only read during the call. */
  update(plain: Uint8Array): Uint8Array {
    const length = this.#tail.length + plain.length;
    if (this.#work.length < length) this.#work = new Uint8Array(length);
    this.#work.set(this.#tail);
    this.#work.set(plain, this.#tail.length);
    const bytes = this.#work.subarray(0, length);
    let from = 0;
    if (!this.#prefixDone) {
      if (bytes.length < this.#prefixSize) return this.#withhold(bytes, 0, 0);
      if (!prefixRepeats(bytes, this.#prefixSize)) {
        throw badMessage("mdc", "is damaged at its start, or its session key is wrong");
      }
      this.#hash.update(bytes.subarray(0, this.#prefixSize));
      this.#prefixDone = true;
      from = this.#prefixSize;
    }
    const end = Math.max(from, bytes.length - MDC_SIZE);
    this.#hash.update(bytes.subarray(from, end));
    return this.#withhold(bytes, from, end);
  }

  /** To be called at the end of the packet. @throws DoppelError openpgp.bad-message (mdc) when it was changed. */
  finish(): void {
    const mdc = this.#tail;
    const digest = this.#hash.update(MDC_HEADER).digest();
    const good =
      this.#prefixDone &&
      mdc.length === MDC_SIZE &&
      Buffer.compare(mdc.subarray(0, 2), MDC_HEADER) === 0 &&
      Buffer.compare(mdc.subarray(2), digest) === 0;
    if (!good) throw badMessage("mdc", "fails its integrity check: it was changed or damaged after it was written");
  }

  #withhold(bytes: Uint8Array, from: number, end: number): Uint8Array {
    this.#tail = bytes.slice(end); // a copy: a view would keep the whole chunk alive
    return bytes.subarray(from, end);
  }
}

/** Whether the last two bytes of a decrypted prefix repeat the two before: with a wrong key they seldom do. */
export function prefixRepeats(plain: Uint8Array, prefixSize: number): boolean {
  return plain[prefixSize - 4] === plain[prefixSize - 2] && plain[prefixSize - 3] === plain[prefixSize - 1];
}
