import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir, testKey, withUmask } from "@doppel/testkit";
import { expect, it } from "vitest";
import { checkNoKeyThere, keyFiles, writeKeyFiles } from "./files.ts";

const { secretFile, publicFile, fingerprint } = testKey("curve");
const KEY = { fingerprint, publicArmored: readFileSync(publicFile, "utf8"), secretArmored: readFileSync(secretFile, "utf8") };
const MADE = new Date("2026-03-01T12:00:00Z");

it("three files, of which others may read one", async () => {
  const folder = tempDir();
  checkNoKeyThere("web1", folder);
  await withUmask(0, () => writeKeyFiles(keyFiles("web1", KEY, folder, MADE)));
  const modes = readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]);
  expect(Object.fromEntries(modes)).toEqual({ "web1.public.asc": "644", "web1.secret.asc": "600", "web1.paper.html": "600" });
  expect(readFileSync(join(folder, "web1.secret.asc"), "utf8")).toBe(KEY.secretArmored);
});

it.each(["web1.public.asc", "web1.secret.asc", "web1.paper.html"])(
  "nothing is written over %s, and nothing left behind",
  (name) => {
    const folder = tempDir();
    writeFileSync(join(folder, name), "precious");
    expect(() => checkNoKeyThere("web1", folder)).toThrow(/never written over/);
    expect(() => writeKeyFiles(keyFiles("web1", KEY, folder, MADE))).toThrow(new RegExp(name.replaceAll(".", "\\.")));
    expect(readdirSync(folder)).toEqual([name]);
    expect(readFileSync(join(folder, name), "utf8")).toBe("precious");
  },
);

it("a folder that cannot be written to is named", () => {
  expect(() => writeKeyFiles(keyFiles("web1", KEY, "/proc/nowhere", MADE))).toThrow(
    /cannot write \/proc\/nowhere\/web1\.public\.asc.*--out/,
  );
});
