import {
  COMPRESSED_ZIP_HEADER,
  encryptSessionKey,
  LiteralFramer,
  newSessionKey,
  type Recipient,
  SeipdEncoder,
  type Signer,
} from "@doppel/openpgp";
import type { Emit, Framing } from "./framing.ts";

/** Who may read the object, and who vouches for it. */
export interface MessageOptions {
  readonly recipients: readonly Recipient[];
  readonly passphrase?: string;
  readonly signer?: Signer;
  readonly compress: boolean;
  /** The literal data packet has parts of 2^literalBits bytes, and what is not a whole part yet waits; 16 when absent. */
  readonly literalBits?: number;
  readonly random: { bytes(n: number): Uint8Array };
}

/**
 * One OpenPGP message (spec 6, RFC 4880 11.3): session key packets, then SEIPD v1 around [compressed data around]
 * [one-pass signature] literal data [signature]. The session key is new for every object.
 */
export async function openpgpFraming(options: MessageOptions): Promise<Framing> {
  const { random, signer } = options;
  const session = newSessionKey(random);
  const keyPackets = await encryptSessionKey(session, options.recipients, options.passphrase);
  const literal = new LiteralFramer(options.literalBits);
  const encoder = new SeipdEncoder(session, random);
  const signature = signer?.begin();
  let started = false;
  let literalStart = 0;
  let signing: Promise<void> | void;
  const start = (emit: Emit): void => {
    if (started || !signer) return;
    started = true;
    const onePass = signer.onePass();
    literalStart = onePass.length;
    emit(onePass);
  };
  return {
    compress: options.compress,
    open(emit) {
      emit(keyPackets);
      if (options.compress) encoder.update(COMPRESSED_ZIP_HEADER, emit);
    },
    inner(plain, emit) {
      start(emit);
      signing = signature?.update(new Uint8Array(plain)); // it may read it later
      literal.update(plain, emit);
    },
    ...(signature && { ready: async () => signing }),
    async innerEnd(emit) {
      start(emit);
      literal.finish(emit);
      if (signature) emit(await signature.finish());
    },
    outer: (bytes, emit) => encoder.update(bytes, emit),
    outerEnd: (emit) => encoder.finish(emit),
    layout: () => ({
      encoding: "gpg",
      cipher: session.cipher,
      sessionKey: session.key,
      messageStart: keyPackets.length,
      bodyBytes: encoder.bodyBytes,
      partBits: encoder.partBits,
      compressed: options.compress,
      literalStart,
      literalBits: literal.chunkBits,
    }),
    discard: () => signature?.discard(),
  };
}
