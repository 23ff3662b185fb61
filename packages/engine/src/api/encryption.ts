import type { Recipient, Signer } from "@doppel/openpgp";
import type { Envelope } from "../job.ts";
import { badArgument, kindOf } from "./paths.ts";

/**
 * Who can read a backup: whoever has the secret key of one of the `recipients`, or knows the `passphrase`. "none": everybody; there is
 * no default, so that nobody stores plain text by leaving something out.
 */
export type Encryption =
  | "none"
  | {
      /** Public keys: `recipientFromKey` and `findRecipient` of `@doppel/openpgp` make them. */
      readonly recipients?: readonly Recipient[];
      readonly passphrase?: string;
      /** Who signs: `signerFromKeyFile` or `signerFromGpg` of `@doppel/openpgp`. */
      readonly signer?: Signer;
    };

/** @throws api.bad-argument */
export function envelopeOf(encryption: Encryption, compress: boolean): Envelope {
  const given: unknown = encryption;
  if (given === "none") return { kind: compress ? "gzip" : "plain" };
  if (typeof given !== "object" || given === null) {
    throw badArgument("encryption", `"none", or an object with recipients or a passphrase, not ${kindOf(given)}`);
  }
  const { recipients = [], passphrase, signer } = encryption as Exclude<Encryption, "none">;
  if (!Array.isArray(recipients) || !recipients.every((key: unknown) => isRecipient(key))) {
    throw badArgument("encryption.recipients", "an array of what recipientFromKey or findRecipient give");
  }
  if (passphrase !== undefined && (typeof passphrase !== "string" || passphrase === "")) {
    throw badArgument("encryption.passphrase", "a string that is not empty");
  }
  if (recipients.length === 0 && passphrase === undefined) {
    throw badArgument("encryption", 'neither recipients nor a passphrase; who means to store plain text says "none"');
  }
  return {
    kind: "gpg",
    recipients: recipients as readonly Recipient[],
    ...(passphrase !== undefined && { passphrase }),
    ...(signer && { signer }),
    compress,
  };
}

function isRecipient(key: unknown): boolean {
  return typeof key === "object" && key !== null && "packet" in key && key.packet instanceof Uint8Array && "keyId" in key;
}
