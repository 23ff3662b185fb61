import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { type BytePath, pathFromText } from "@doppel/base";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openMachineLog, quotedPath, stanza } from "./machine-log.ts";

describe("a stanza", () => {
  it.each([
    [{ level: "NOTICE", text: "one\ntwo" }, "NOTICE 1\n. one\n. two\n\n"],
    [{ level: "ERROR", code: 30, extra: "AssertionError", text: "x" }, "ERROR 30 AssertionError\n. x\n\n"],
    [{ level: "INFO", code: 2, extra: "5 10", text: "" }, "INFO 2 5 10\n\n"],
    [{ level: "INFO", code: 3, extra: "", data: ["a b"], text: "t\n" }, "INFO 3 \na b\n. t\n. \n\n"],
  ] as const)("%j", (message, text) => {
    expect(stanza(message)).toBe(text);
  });

  it("can come in parts", () => {
    const parts = [
      { level: "INFO", code: 3, text: "a", part: "first" },
      { level: "INFO", text: "b", part: "middle" },
      { level: "INFO", text: "c", part: "last" },
    ] as const;
    expect(parts.map(stanza).join("")).toBe(stanza({ level: "INFO", code: 3, text: "a\nb\nc" }));
  });
});

describe("a quoted path", () => {
  it.each([
    ["", "'.'"],
    ["a b", "'a b'"],
    ["p'q", "'p\\x27q'"],
    ["back\\slash\n", "'back\\\\slash\\n'"],
    ["ü€😀", "'\\xfc\\u20ac\\U0001f600'"],
  ])("%j", (path, quoted) => {
    expect(quotedPath(pathFromText(path))).toBe(quoted);
  });

  it("shows the bytes of what is not UTF-8", () => {
    expect(quotedPath("na\xffme" as BytePath)).toBe("'na\\xffme'");
  });

  it("is one printable line, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
        expect(quotedPath(Buffer.from(bytes).toString("latin1") as BytePath)).toMatch(/^'[\x20-\x26\x28-\x7e]*'$/);
      }),
    );
  });
});

describe("a log", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "doppel-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is appended to a file, as UTF-8", () => {
    const file = join(folder, "log");
    for (const text of ["one", "ok \xc3\xbc\nnot \xff"])
      openMachineLog({ file: pathFromText(file) }).write({ level: "NOTICE", text });
    expect(readFileSync(file, "utf8")).toBe("NOTICE 1\n. one\n\nNOTICE 1\n. ok ü\n. not \\xff\n\n");
  });

  it("goes to a descriptor that is open", () => {
    const file = join(folder, "log");
    const fd = openSync(file, "w");
    openMachineLog({ fd }).write({ level: "NOTICE", text: "x" });
    closeSync(fd);
    expect(readFileSync(file, "utf8")).toBe("NOTICE 1\n. x\n\n");
  });

  it("never goes to what the runtime opened for itself", () => {
    const own = readdirSync("/proc/self/fd")
      .map(Number)
      .filter((fd) => linkOf(fd).startsWith("anon_inode:"));
    expect(own.length).toBeGreaterThan(0);
    for (const fd of own) expect(() => openMachineLog({ fd })).toThrow(expect.objectContaining({ code: "cli.usage" }));
  });

  it.each([{ fd: 99_999 }, { file: pathFromText("/proc/nonexistent/log") }])("is refused at %j", (to) => {
    expect(() => openMachineLog(to)).toThrow(expect.objectContaining({ code: "cli.usage" }));
  });
});

function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // that of the listing itself
  }
}
