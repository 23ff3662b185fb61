import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, gpgHome, run, tempDir, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { paperPage } from "./page.ts";

/** Pixels of a module, as a scanner would have about four. */
const SCALE = 4;

/** What a scanner sees of one of the page's squares: a picture in PGM. */
function scanned(svg: string): Buffer {
  const size = Number(/viewBox="0 0 (\d+) \d+"/.exec(svg)![1]);
  const side = size * SCALE;
  const pixels = Buffer.alloc(side * side, 255);
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = Number(y) * SCALE; row < (Number(y) + 1) * SCALE; row++) {
      const at = row * side + Number(x) * SCALE;
      pixels.fill(0, at, at + Number(width) * SCALE);
    }
  }
  return Buffer.concat([Buffer.from(`P5\n${side} ${side}\n255\n`), pixels]);
}

describeInterop(["zbarimg", "gpg", "sh"], "a key on paper", () => {
  it.each(["rsa", "curve"])("%s: the squares, in any order, and the text both give the key back", async (name) => {
    const key = testKey(name);
    const page = paperPage({
      server: "web1",
      fingerprint: key.fingerprint,
      secretArmored: readFileSync(key.secretFile, "utf8"),
      made: new Date("2026-03-01T12:00:00Z"),
    });
    expect(page).not.toContain(key.passphrase);
    expect(new Set(page.match(/web1\.secret\.\w+/g))).toEqual(new Set(["web1.secret.gpg"]));
    expect(page.replace(/<meta[^>]*>/g, "")).not.toMatch(/https?:|src=|href=|@import|url\(/);

    const folder = tempDir();
    const squares = [...page.matchAll(/<svg.*?<\/svg>/g)].map(([svg]) => svg).toReversed();
    const files = squares.map((svg, i) => {
      writeFileSync(join(folder, `scan${i}.pgm`), scanned(svg));
      return `scan${i}.pgm`;
    });
    expect(files.length).toBeGreaterThan(name === "rsa" ? 4 : 0);
    const lines = execFileSync("zbarimg", ["--quiet", "--raw", ...files], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
    writeFileSync(join(folder, "squares.txt"), Buffer.concat([lines, lines])); // one of them was scanned twice

    const commands = /<pre>(sort -u[^]*?)<\/pre>/.exec(page)![1]!.replaceAll("&gt;", ">");
    const home = await gpgHome([]);
    try {
      const shown = await run("sh", ["-ec", commands], { env: home.env, cwd: folder });
      expect(shown.stdout.toString(), shown.stderr.toString()).toContain(key.fingerprint);
      const text = /<pre class="key">([^]*?)<\/pre>/.exec(page)![1]!;
      for (const input of [readFileSync(join(folder, "web1.secret.gpg")), text]) {
        const imported = await run("gpg", ["--batch", "--import"], { env: home.env, input });
        expect(imported.stderr.toString()).toMatch(/secret keys read: 1/);
      }
      const secret = await run("gpg", ["--batch", "--with-colons", "--list-secret-keys"], { env: home.env });
      expect(secret.stdout.toString()).toContain(key.fingerprint);
    } finally {
      await home[Symbol.asyncDispose]();
    }
  });
});
