import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inProgram, type LockedPackage } from "./dependency-rules.ts";
import { licencesOf } from "./exe-licences.ts";

const ROOT = join(import.meta.dirname, "..");

test("what is given away has the licence of every package in it, with its text, and tells where OpenPGP.js's sources are", async () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  const paths = inProgram(packages).filter((path) => !packages[path]!.optional);
  const text = await licencesOf(
    ROOT,
    paths.map((path) => `${path}/package.json`),
    "file",
  );
  const [lead = "", ...sections] = text.split(`${"=".repeat(80)}\n`);
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const title = `${name} ${packages[path]!.version} (${packages[path]!.license})`;
    const [section = ""] = sections.filter((one) => one.split("\n\n")[0]!.split("\n").includes(title));
    expect(section.slice(section.indexOf("\n\n")), title).toMatch(/permission|licen[cs]e/i);
  }
  expect(lead).toMatch(/https:\/\/github\.com\/openpgpjs\/openpgpjs under the tag v6\.\d+\.\d+\.$/m);
  for (const part of [
    "The doppel authors",
    "GNU LESSER GENERAL PUBLIC LICENSE",
    "Version 2.0, January 2004",
    "Kazuhiko Arase",
    "Paul Miller",
  ]) {
    expect(text).toContain(part);
  }
});
