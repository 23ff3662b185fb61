import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { done, doppel, doppelBytes } from "../src/program.ts";

/** Rules, and a list for them. What a backup has in it that was made by them is what `explain` says that it has. */
const CASES: readonly { readonly what: string; readonly rules: readonly string[]; readonly list?: string }[] = [
  { what: "a list", rules: ["--include-filelist", "list"], list: "# mine\nsrc/etc\n- src/var/cache\n\n+ src/var\n- src/**\n" },
  { what: "patterns", rules: ["--exclude", "src/**/*.tmp", "--include", "src/mail/with space", "--exclude", "src/mail/**"] },
  { what: "a marker, and a time", rules: ["--exclude-if-present", ".nobackup", "--exclude-older-than", "2001-01-01"] },
  { what: "links followed", rules: ["--copy-links", "--exclude", "src/etc/shadow"] },
  { what: "only some", rules: ["--include", "src/etc/pass*", "--include", "src/b*", "--exclude", "**"] },
];

const ASKED = [
  "",
  "etc/passwd",
  "etc/shadow",
  "etc/passwd/below",
  "var/cache/deep/f",
  "var/link",
  "var/link/passwd",
  "var/dangling",
  "mail/with space",
  "mail/x.tmp",
  "marked",
  "marked/f",
  "old",
  "empty",
  "pipe",
  "b\xff\xfe.txt",
  "gone",
];

it.each(CASES)("explain agrees with a backup: $what", { timeout: 120_000 }, async ({ rules, list = "" }) => {
  using dir = openTempDir();
  const src = join(dir.path, "src");
  const bytes = (path: string): Buffer => Buffer.concat([Buffer.from(`${src}/`), Buffer.from(path, "latin1")]);
  for (const folder of ["etc", "var/cache/deep", "mail", "marked", "empty"]) mkdirSync(join(src, folder), { recursive: true });
  const files = ["etc/passwd", "etc/shadow", "var/cache/deep/f", "mail/with space", "mail/x.tmp", "marked/.nobackup"];
  for (const file of [...files, "marked/f", "old", "b\xff\xfe.txt"]) writeFileSync(bytes(file), file);
  utimesSync(join(src, "old"), 1000, 1000);
  symlinkSync("../etc", join(src, "var/link"));
  symlinkSync("nowhere", join(src, "var/dangling"));
  execFileSync("mkfifo", [join(src, "pipe")]);
  writeFileSync(join(dir.path, "list"), list);

  const options = { cwd: dir.path, env: { XDG_CACHE_HOME: join(dir.path, "cache") } };
  await done(doppel(["full", "--no-encryption", ...rules, "src", "target"], options));
  const { stdout: listed } = await done(doppel(["list", "--json", "--no-encryption", "target"], options));
  const stored = new Set<string>();
  for (const line of listed.toString().trim().split("\n")) {
    const { type, path, pathB64 } = JSON.parse(line) as Readonly<Record<"type" | "path" | "pathB64", string | undefined>>;
    if (type === "entry") stored.add(pathB64 === undefined ? path! : Buffer.from(pathB64, "base64").toString("latin1"));
  }
  for (const part of [ASKED.slice(0, 5), ASKED.slice(5, 10), ASKED.slice(10)]) {
    const codes = part.map(async (path) => {
      const { code, stderr } = await doppelBytes(["explain", ...rules, `src/${path}`, "src"], options);
      return [path, code, stderr.toString()];
    });
    expect(await Promise.all(codes)).toEqual(part.map((path) => [path, stored.has(path === "" ? "." : path) ? 0 : 1, ""]));
  }
});
