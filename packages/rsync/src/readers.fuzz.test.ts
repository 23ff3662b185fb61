import { fuzz } from "@doppel/testkit";
import { describe } from "vitest";
import { basisOf, Patcher } from "./patch.ts";
import { SignatureParser } from "./signature-parser.ts";

/** What comes of a delta of a few bytes may be as long as it likes; more than this nobody has to see. */
const ENOUGH = 4 << 20;

const MAGIC = Buffer.of(0x72, 0x73, 2, 0x36);
const basis = basisOf(Buffer.alloc(10_000, "the basis "));
const deltas = [
  // A literal, two copies of all widths, a long literal, the end.
  Buffer.concat([MAGIC, Buffer.of(3, 1, 2, 3, 0x45, 10, 200, 0x4a, 0, 1, 0x27, 0x10 - 2, 0x42, 0, 2, 7, 8, 0)]),
  Buffer.concat([
    MAGIC,
    Buffer.of(0x54, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 50),
    Buffer.of(0x44, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0),
  ]),
  Buffer.concat([MAGIC, Buffer.of(0)]),
];

/** Header, and two blocks, of each kind. */
const signatures = ["72730136", "72730137", "72730146", "72730147"].map((magic) =>
  Buffer.concat([Buffer.from(`${magic}0000020000000008`, "hex"), Buffer.alloc(24, 7)]),
);

describe("fuzzing", () => {
  fuzz("a delta", {
    corpus: deltas,
    words: [MAGIC, Buffer.of(0), Buffer.of(0x41), Buffer.of(0x44), Buffer.of(0x45), Buffer.of(0x54), Buffer.of(0xff)],
    read(input, pick) {
      const patcher = new Patcher(basis);
      let made = 0;
      for (let at = 0; at < input.length; ) {
        const size = [1, 7, input.length][pick(3)]!;
        for (const chunk of patcher.update(input.subarray(at, at + size))) {
          made += chunk.length;
          if (made > ENOUGH) return;
        }
        at += size;
      }
      for (const chunk of patcher.finish()) made += chunk.length;
    },
  });

  fuzz("a signature", {
    corpus: signatures,
    words: ["72730136", "72730137", "72730146", "72730147"].map((magic) => Buffer.from(magic, "hex")),
    read(input, pick) {
      const parser = new SignatureParser(pick(2) ? {} : { expectedBytes: [0, 12, 1e6][pick(3)]! });
      for (let at = 0; at < input.length; ) {
        const size = [1, 13, input.length][pick(3)]!;
        parser.update(input.subarray(at, at + size));
        at += size;
      }
      parser.finish();
    },
  });
});
