import { describe, expect, it } from "vitest";
import type { S3StorageClass } from "./options.ts";
import { writeParams } from "./write-params.ts";

const VOLUME = "duplicity-full.20260101T000000Z.vol1.difftar.gpg";
const SHORT_VOLUME = "p-df.XY.vol1.g";
const OTHERS = [
  "duplicity-full.20260101T000000Z.manifest.gpg",
  "duplicity-full-signatures.20260101T000000Z.sigtar.gz",
  "duplicity-inc.20260101T000000Z.to.20260102T000000Z.manifest",
  "doppel-index.20260101T000000Z.gpg",
];

describe("writeParams", () => {
  it.each(["GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"] as S3StorageClass[])(
    "keeps what tells about volumes out of %s",
    (storageClass) => {
      expect(writeParams(VOLUME, { storageClass })).toEqual({ StorageClass: storageClass });
      expect(writeParams(`my-prefix-${VOLUME}`, { storageClass })).toEqual({ StorageClass: storageClass });
      expect(writeParams(SHORT_VOLUME, { storageClass })).toEqual({ StorageClass: storageClass });
      for (const name of OTHERS) expect(writeParams(name, { storageClass })).toEqual({});
    },
  );

  it.each(["STANDARD_IA", "ONEZONE_IA", "REDUCED_REDUNDANCY"] as S3StorageClass[])("puts everything into %s", (storageClass) => {
    for (const name of [VOLUME, ...OTHERS]) expect(writeParams(name, { storageClass })).toEqual({ StorageClass: storageClass });
  });

  it("encrypts and grants as asked", () => {
    expect(writeParams(VOLUME, {})).toEqual({});
    expect(writeParams(VOLUME, { encryption: { kind: "AES256" } })).toEqual({ ServerSideEncryption: "AES256" });
    expect(writeParams(VOLUME, { encryption: { kind: "aws:kms", keyId: "k" }, grantFullControl: "id=1" })).toEqual({
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: "k",
      GrantFullControl: "id=1",
    });
  });
});
