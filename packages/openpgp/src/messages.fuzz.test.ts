import { readFileSync } from "node:fs";
import { deflateRawSync, deflateSync } from "node:zlib";
import { concatBytes, isDoppelError } from "@doppel/base";
import { fuzz, testKey } from "@doppel/testkit";
import { describe } from "vitest";
import { parseCertificates } from "./keyring/certificate.ts";
import { dearmored } from "./keyring/find.ts";
import { parseKeybox } from "./keyring/keybox.ts";
import { matches, parseQuery } from "./keyring/match.ts";
import { Bzip2Decoder } from "./packets/bzip2.ts";
import { packet } from "./packets/header.ts";
import { COMPRESSED_ZIP_HEADER } from "./packets/literal.ts";
import { SeipdEncoder } from "./packets/seipd.ts";
import { newSessionKey } from "./packets/session-key.ts";
import { parseOnePass, parseSignature } from "./packets/signature.ts";
import { TAG } from "./packets/tags.ts";
import { decryptMessage, readKeyPackets, sessionKeyOnly } from "./read/decrypt-message.ts";
import { describeMessage } from "./read/describe.ts";
import { bodyBytes, messagePlaces, partBefore } from "./seek/message-places.ts";
import { chunked, emitted, random } from "./test-messages.ts";

const session = newSessionKey(random);
const keys = sessionKeyOnly(session);
const key = testKey("rsa");

const literal = packet(TAG.literal, concatBytes([Buffer.of(0x62, 0, 0, 0, 0, 0), Buffer.from("data\n".repeat(50))]));
const onePass = packet(TAG.onePass, Buffer.from("0300080112345678901234560 1".replaceAll(" ", ""), "hex"));
const signature = packet(TAG.signature, Buffer.from("040008010000000012345678", "hex"));
const inner = [
  literal,
  concatBytes([COMPRESSED_ZIP_HEADER, deflateRawSync(literal)]),
  packet(TAG.compressed, concatBytes([Buffer.of(2), deflateSync(literal)])),
  packet(TAG.compressed, concatBytes([Buffer.of(0), literal])),
  concatBytes([packet(TAG.marker, Buffer.from("PGP")), onePass, literal, signature]),
  // In parts.
  concatBytes([Buffer.of(0xcb, 0xe3, 0x62, 0, 0, 0, 0, 0, 1, 2, 0xe1, 4, 5, 2, 6, 7)]),
];
const WORDS = [
  ...[0xc1, 0xc2, 0xc3, 0xc4, 0xc8, 0xca, 0xcb, 0xd2, 0xd3, 0x84, 0x99, 0xa3, 0xab, 0xe0, 0xfe, 0xff].map((byte) =>
    Buffer.of(byte),
  ),
  Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff),
  Buffer.of(0xcb, 0xff, 0xff, 0xff, 0xff, 0xff),
  "-----BEGIN PGP MESSAGE-----\n\n",
  "-----END PGP MESSAGE-----\n",
  "=AAAA\n",
];

/** What is inside is as somebody wants it, and the integrity check is right. */
function sealedSession(packets: Uint8Array): Uint8Array {
  const encoder = new SeipdEncoder(session, random, 9);
  const body = emitted(
    (emit) => encoder.update(packets, emit),
    (emit) => encoder.finish(emit),
  );
  return concatBytes([packet(TAG.skesk, Buffer.from("0409030800000000000000006000", "hex")), body]);
}

async function readAll(sealed: Uint8Array, cut: number): Promise<void> {
  const chunk = cut === 0 && sealed.length < 500 ? 1 : [sealed.length, 100, 1000][cut]!;
  for await (const _ of decryptMessage(chunked(sealed, chunk), keys, { lent: true }));
}

const armored = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN PGP ${label}-----\n\n${Buffer.from(bytes)
    .toString("base64")
    .replace(/.{64}/g, "$&\n")}\n-----END PGP ${label}-----\n`;

describe("fuzzing", () => {
  fuzz("the packets in a message", {
    corpus: inner,
    words: WORDS,
    read: (input, pick) => readAll(sealedSession(input), pick(3)),
  });

  const whole = inner.map(sealedSession);
  fuzz("a message", {
    corpus: [...whole, ...whole.map((bytes) => armored("MESSAGE", bytes))],
    words: WORDS,
    read: (input, pick) => readAll(input, pick(3)),
  });

  fuzz("the beginning of a message", {
    corpus: whole,
    words: WORDS,
    async read(input) {
      const places = messagePlaces(input);
      if (places) bodyBytes(places, partBefore(places, input.length, 100), input);
      await describeMessage(input);
      await readKeyPackets(chunked(input));
    },
  });

  fuzz("signature packets", {
    corpus: [signature.subarray(2), onePass.subarray(2)],
    words: WORDS,
    read(input) {
      parseOnePass(input);
      parseSignature(input);
    },
  });

  fuzz("a key", {
    corpus: [readFileSync(key.publicFile), dearmored(readFileSync(key.publicFile))],
    words: [...WORDS, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"],
    async read(input) {
      const found = parseCertificates(dearmored(input));
      for (const certificate of found) matches(parseQuery("a"), certificate);
    },
  });

  const certificate = dearmored(readFileSync(key.publicFile));
  const blob = Buffer.alloc(40 + certificate.length);
  blob.writeUInt32BE(blob.length, 0);
  blob[4] = 2;
  blob.writeUInt32BE(40, 8);
  blob.writeUInt32BE(certificate.length, 12);
  blob.set(certificate, 40);
  const head = Buffer.alloc(32);
  head.writeUInt32BE(32, 0);
  head[4] = 1;
  head.write("KBXf", 8);
  fuzz("a keybox", {
    corpus: [Buffer.concat([head, blob, blob])],
    words: [Buffer.alloc(4), Buffer.alloc(4, 0xff), "KBXf"],
    read(input) {
      for (const bytes of parseKeybox(input).keys) {
        try {
          parseCertificates(bytes);
        } catch (error) {
          if (!isDoppelError(error, "openpgp.bad-message")) throw error;
        }
      }
    },
  });

  fuzz("a query for a key", {
    corpus: ["0x1234567890ABCDEF!", "<a@b>", "=Name <a@b>", "part"],
    read: (input) => void parseQuery(input.toString("utf8")),
  });

  // "hello hello hello\n" as bzip2 -9 writes it.
  const bzip2 = Buffer.from(
    "425a6839314159265359e5b5f3090000045100001040000244a00021b5180c029069c2a30bb9229c284872daf98480",
    "hex",
  );
  fuzz("bzip2", {
    corpus: [bzip2],
    words: [Buffer.from("425a6839", "hex"), Buffer.from("314159265359", "hex"), Buffer.from("177245385090", "hex")],
    read(input) {
      const decoder = new Bzip2Decoder();
      for (const _ of decoder.update(input));
      for (const _ of decoder.finish());
    },
  });
});
