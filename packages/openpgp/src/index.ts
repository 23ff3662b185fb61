export { generateKey, type GeneratedKey, type KeyKind } from "./key/generate.ts";
export { publicKeyText } from "./key/public-text.ts";
export { inspectKey, type KeyFacts, type PartFacts, type Weakness } from "./key/inspect.ts";
export { dearmored, findPublicKey, findRecipient, type KeySources, type Recipient, recipientFromKey } from "./keyring/find.ts";
export type { GpgOptions } from "./gpg-process.ts";
export { COMPRESSED_ZIP_HEADER, LiteralFramer } from "./packets/literal.ts";
export type { Emit } from "./packets/partial.ts";
export { SeipdEncoder } from "./packets/seipd.ts";
export type { OnePass } from "./packets/signature.ts";
export { newSessionKey, type SessionKey } from "./packets/session-key.ts";
export {
  authenticateMessage,
  decryptMessage,
  readKeyPackets,
  readSessionKey,
  type ReadOptions,
  sessionKeyOnly,
} from "./read/decrypt-message.ts";
export { describeMessage } from "./read/describe.ts";
export type { KeyPackets } from "./read/envelope.ts";
export { type Framing, readFraming } from "./read/framing.ts";
export { findVerifier, type Verification, type Verifier, verifierFromKeys, verifierWhenNeeded } from "./read/verifier.ts";
export { firstOf } from "./secret/first-of.ts";
export { secretKeysFromGpg } from "./secret/gpg.ts";
export { checkKeyPassphrase, secretKeysFromKeyFile } from "./secret/key-file.ts";
export { knowing } from "./secret/knowing.ts";
export { secretKeysFromPassphrase } from "./secret/passphrase.ts";
export type { SecretKeys } from "./secret/secret-keys.ts";
export { type EncryptedRange, encryptedRange, type SeekableMessage } from "./seek/encrypted-range.ts";
export { deframed, FramedBody } from "./seek/framed-body.ts";
export { bodyBytes, type MessagePlaces, messagePlaces, partBefore } from "./seek/message-places.ts";
export { signerFromGpg } from "./sign/gpg.ts";
export { signerFromKeyFile } from "./sign/key-file.ts";
export type { SignatureInProgress, Signer } from "./sign/signer.ts";
export { encryptSessionKey } from "./write/encrypt-session-key.ts";
