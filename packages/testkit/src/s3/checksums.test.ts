import { describe, expect, it } from "vitest";
import { CHECKSUM_ALGORITHMS, checksumOf, compositeOf, isWellFormed } from "./checksums.ts";

/** The check values of the catalogues of CRCs, and FIPS 180's way, over "123456789", in S3's base64. */
const CHECK = {
  CRC32: "y/Q5Jg==",
  CRC32C: "4waSgw==",
  CRC64NVME: "rosUhgp5mIg=",
  SHA1: "98O8HYCOBHMq32eZZczDTKeuNEE=",
  SHA256: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
};

describe("checksums", () => {
  it.each(CHECKSUM_ALGORITHMS)("%s has its check value, in however many pieces", (algorithm) => {
    const bytes = Buffer.from("123456789");
    expect(checksumOf(algorithm, [bytes])).toBe(CHECK[algorithm]);
    expect(
      checksumOf(
        algorithm,
        [...bytes].map((byte) => Uint8Array.of(byte)),
      ),
    ).toBe(CHECK[algorithm]);
    expect(isWellFormed(algorithm, CHECK[algorithm])).toBe(true);
    expect(isWellFormed(algorithm, `A${CHECK[algorithm]}`)).toBe(false);
  });

  it("a composite one is that of the parts' bytes, and says how many", () => {
    const parts = ["y/Q5Jg==", "AAAAAA=="];
    expect(compositeOf("CRC32", parts)).toBe(`${checksumOf("CRC32", [Buffer.from("cbf4392600000000", "hex")])}-2`);
  });
});
