import { DoppelError } from "@doppel/base";
import { keyPolicy, openpgp, type PrivateKey } from "../openpgpjs.ts";
import { readSecretKeys, unlock } from "../secret/key-file.ts";
import { matches, type NamedKeys, parseQuery } from "../keyring/match.ts";
import { type Signer, signerOf } from "./signer.ts";

/**
 * Signs with the secret key of a file (armored or binary) that `query` names, by openpgp.js. `name` is the file's, for messages.
 * @throws DoppelError openpgp.key-not-found when the file has no such key, .key-unusable, .passphrase-needed, .wrong-passphrase.
 */
export async function signerFromKeyFile(
  file: Uint8Array,
  query: string,
  passphrase: string | undefined,
  now: () => Date,
  name?: string,
): Promise<Signer> {
  const wanted = parseQuery(query);
  const key = (await readSecretKeys(file, name)).find((candidate) => matches(wanted, nameOf(candidate)));
  if (!key) {
    const message = `the key file holds no key "${query}" to sign with; name a key that is in it, or leave --secret-key out to sign through gpg`;
    throw new DoppelError("openpgp.key-not-found", message, { query });
  }
  const { createMessage, sign, enums } = await openpgp();
  const policy = { ...(await keyPolicy()), preferredHashAlgorithm: enums.hash.sha512 };
  const refuse = (error: unknown): DoppelError => {
    if (error instanceof DoppelError) return error;
    const why = error instanceof Error ? error.message : String(error);
    const message = `cannot sign with key ${key.getFingerprint().toUpperCase()} (${why}); name a valid signing key`;
    return new DoppelError(
      "openpgp.key-unusable",
      message,
      { query: key.getFingerprint().toUpperCase(), reason: "cannot-sign" },
      error,
    );
  };
  try {
    const signing = await key.getSigningKey(undefined, now(), undefined, policy);
    for (const part of key.getKeys(signing.getKeyID())) {
      if (!("isDecrypted" in part) || part.isDecrypted()) continue;
      await unlock(part as Parameters<typeof unlock>[0], passphrase);
    }
  } catch (error) {
    throw refuse(error);
  }
  return signerOf(() => {
    // The data goes through a web stream, because openpgp.js signs nothing else piece by piece.
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const signature = (async () => {
      const message = await createMessage({ binary: readable });
      const date = now();
      const output: unknown = await sign({ message, signingKeys: key, detached: true, format: "binary", date, config: policy });
      if (output instanceof Uint8Array) return output;
      const chunks: Uint8Array[] = [];
      for await (const chunk of output as AsyncIterable<Uint8Array>) chunks.push(chunk);
      return Buffer.concat(chunks);
    })();
    const failed = signature.then(
      () => undefined,
      () => undefined,
    );
    return {
      // Never rejects: finish tells what went wrong.
      update: (data) => Promise.race([writer.write(data).catch(() => undefined), failed]),
      discard: () => void writer.abort().catch(() => undefined),
      async finish() {
        writer.close().catch(() => undefined);
        try {
          return await signature;
        } catch (error) {
          throw refuse(error);
        }
      },
    };
  });
}

/** What a query is matched against. */
function nameOf(key: PrivateKey): NamedKeys {
  const keys = key.getKeys().map((part) => ({
    fingerprint: part.getFingerprint().toUpperCase(),
    keyId: part.getKeyID().toHex().toUpperCase(),
  }));
  return { keys, userIds: key.getUserIDs() };
}
