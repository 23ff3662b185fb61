import { readFileSync } from "node:fs";
import { concatBytes } from "@doppel/base";
import { testKey } from "@doppel/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { LiteralFramer } from "../packets/literal.ts";
import { signerFromKeyFile } from "../sign/key-file.ts";
import type { Signer } from "../sign/signer.ts";
import { emitted, open, sampleData, sealPackets } from "../test-messages.ts";
import { type Verifier, verifierFromKeys } from "./verifier.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const passphrase = "x";
const data = sampleData(5000);

function literal(bytes: Uint8Array): Uint8Array {
  const framer = new LiteralFramer();
  return emitted(
    (emit) => framer.update(bytes, emit),
    (emit) => framer.finish(emit),
  );
}

describe("a verifier", () => {
  let signer: Signer;
  let verifier: Verifier;
  let signature: Uint8Array;
  beforeAll(async () => {
    const key = testKey("sign");
    signer = await signerFromKeyFile(readFileSync(key.secretFile), key.fingerprint, key.passphrase, () => NOW);
    verifier = await verifierFromKeys([readFileSync(key.publicFile)]);
    const inProgress = signer.begin();
    for (let at = 0; at < data.length; at += 700) await inProgress.update(data.subarray(at, at + 700));
    signature = await inProgress.finish();
  });
  const read = async (...packets: Uint8Array[]): Promise<Buffer> =>
    open(await sealPackets(concatBytes(packets), { passphrase }), passphrase, { verifier });

  it("accepts the signature, whatever the chunks were", async () => {
    expect(signer.keyId).toBe(testKey("sign").fingerprint.slice(24));
    expect((await read(signer.onePass(), literal(data), signature)).equals(data)).toBe(true);
  });

  it("refuses other data, a changed, a missing and an unannounced signature", async () => {
    const other = Buffer.from(data);
    other[100]! ^= 1;
    const changed = Uint8Array.from(signature);
    changed[changed.length - 5]! ^= 1;
    const refused = (reason: string): object => ({ code: "openpgp.bad-signature", data: { reason } });
    await expect(read(signer.onePass(), literal(other), signature)).rejects.toMatchObject(refused("bad"));
    await expect(read(signer.onePass(), literal(data), changed)).rejects.toMatchObject(refused("bad"));
    await expect(read(signer.onePass(), literal(data))).rejects.toMatchObject(refused("unsigned"));
    await expect(read(literal(data), signature)).rejects.toMatchObject(refused("unsupported"));
  });

  it("is not needed to read", async () => {
    const sealed = await sealPackets(concatBytes([signer.onePass(), literal(data), signature]), { passphrase });
    expect((await open(sealed, passphrase)).equals(data)).toBe(true);
  });

  it("can be discarded halfway", () => {
    const inProgress = signer.begin();
    void inProgress.update(data);
    expect(() => inProgress.discard()).not.toThrow();
  });
});
