import { readFileSync } from "node:fs";
import { testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { keyParts } from "./qr.ts";

it.each(["rsa", "curve"])("%s: parts are numbered so that they can be sorted, and together are the key", (name) => {
  const armored = readFileSync(testKey(name).secretFile, "utf8");
  const parts = keyParts("web1", armored);
  expect(parts.map((part) => part.split(" ")[1])).toEqual(
    parts.map((_, i) => `${String(i + 1).padStart(2, "0")}/${String(parts.length).padStart(2, "0")}`),
  );
  for (const part of parts) {
    expect(part).toMatch(/^doppel:web1 \d\d\/\d\d [A-Za-z0-9+/=]+$/);
    expect(part.length).toBeLessThan(840);
  }
  const base64 = parts
    .toReversed()
    .toSorted()
    .map((part) => part.split(" ")[2])
    .join("");
  const body = /\n\n([A-Za-z0-9+/=\n]*?)\n=[A-Za-z0-9+/]{4}\n-----END/.exec(armored)![1]!.replaceAll("\n", "");
  expect(Buffer.from(base64, "base64").equals(Buffer.from(body, "base64"))).toBe(true);
});
