import { DoppelError } from "@doppel/base";
import { packet } from "../packets/header.ts";
import { type OnePass, parseSignature, writeOnePass } from "../packets/signature.ts";
import { splitPackets } from "../packets/split.ts";
import { TAG } from "../packets/tags.ts";

/** Signs messages: the one-pass packet goes before the literal packet, the signature after it (spec 6.2). */
export interface Signer {
  /** Of the key that signs, which may be a subkey: 16 upper-case hex digits. */
  readonly keyId: string;
  /** The one-pass signature packet. */
  onePass(): Uint8Array;
  /** Begins the signature of one message. */
  begin(): SignatureInProgress;
}

/** One signature. Ends with `finish` or `discard`. */
export interface SignatureInProgress {
  /** Bytes of the literal data, without framing. To be awaited when it is a promise: there is no room for more yet. */
  update(literalData: Uint8Array): void | Promise<void>;
  /** The signature packet. @throws DoppelError openpgp.gpg-failed and others of the place where the key is. */
  finish(): Promise<Uint8Array>;
  /** Gives it up; what makes it is ended. */
  discard(): void;
}

/** Whatever makes detached binary signatures of a stream; `finish` gives their packets, binary. */
export type DetachedSigner = () => SignatureInProgress;

/**
 * A Signer over detached signatures. What the one-pass packet must announce (key, algorithms) is learned from a first
 * signature over nothing; it also asks for the passphrase and finds an unusable key before any work is done.
 */
export async function signerOf(detached: DetachedSigner): Promise<Signer> {
  const made = await detached().finish();
  const announced = read(made).facts;
  return {
    keyId: announced.keyId,
    onePass: () => writeOnePass(announced),
    begin() {
      const signature = detached();
      return {
        update: (data) => signature.update(data),
        discard: () => signature.discard(),
        async finish() {
          const { facts, whole } = read(await signature.finish());
          const same =
            facts.keyId === announced.keyId && facts.hash === announced.hash && facts.algorithm === announced.algorithm;
          if (!same)
            throw unusable(
              `it signed as ${facts.keyId} after ${announced.keyId} had been announced; name the subkey with a trailing !`,
            );
          return whole;
        },
      };
    },
  };
}

function read(signature: Uint8Array): { facts: OnePass; whole: Uint8Array } {
  const [first, ...others] = splitPackets(signature);
  const facts = first?.tag === TAG.signature ? parseSignature(first.body) : undefined;
  if (!first || !facts || others.length > 0) throw unusable("it did not make one version 4 signature; name another key");
  return { facts, whole: packet(TAG.signature, first.body) };
}

function unusable(why: string): DoppelError<"openpgp.key-unusable"> {
  return new DoppelError("openpgp.key-unusable", `cannot sign with this key: ${why}`, {
    query: "signing key",
    reason: "cannot-sign",
  });
}
