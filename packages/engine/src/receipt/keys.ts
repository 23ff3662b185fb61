import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { DoppelError } from "@doppel/base";

/** Who signs receipts: an Ed25519 private key. */
export interface ReceiptSigner {
  /** Ed25519. */
  readonly privateKey: KeyObject;
}

/** @param pem an Ed25519 private key, PKCS #8, not encrypted. @throws receipt.bad-key */
export function receiptSigner(pem: string): ReceiptSigner {
  return { privateKey: ed25519(() => createPrivateKey(pem), "private") };
}

/** @param pem an Ed25519 public key; of a private one, its public half. @throws receipt.bad-key */
export function receiptPublicKey(pem: string): KeyObject {
  return ed25519(() => createPublicKey(pem), "public");
}

function ed25519(read: () => KeyObject, half: "private" | "public"): KeyObject {
  const make = half === "private" ? "openssl genpkey -algorithm ed25519 -out FILE" : "openssl pkey -pubout -in FILE";
  const bad = (what: string, cause?: unknown): DoppelError =>
    new DoppelError("receipt.bad-key", `the ${half} key for receipts ${what}; ${make} makes one`, { half }, cause);
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw bad("cannot be read: it has to be PEM, and without a passphrase", error);
  }
  if (key.asymmetricKeyType !== "ed25519") throw bad(`is ${key.asymmetricKeyType ?? "something else"}, not Ed25519`);
  return key;
}
