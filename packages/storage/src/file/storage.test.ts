import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectBytes, type Payload, pathFromText, payloadOf } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contractChecks } from "../contract.ts";
import type { LinkFile } from "./publish.ts";
import { FileStorage } from "./storage.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "doppel-file-"));
});
afterEach(() => rm(directory, { recursive: true }));

function open(linkFile?: LinkFile): FileStorage {
  return new FileStorage({
    label: directory,
    directory: pathFromText(directory),
    random: { bytes: (n) => randomBytes(n) },
    ...(linkFile && { linkFile }),
  });
}

async function names(storage: FileStorage): Promise<string[]> {
  const found = [];
  for await (const { name } of storage.list("")) found.push(name);
  return found.sort();
}

const failWith = (code: string) => (): Promise<void> => Promise.reject(Object.assign(new Error(code), { code, syscall: "link" }));
const noLinks = failWith("EPERM");

describe.each([
  ["with hard links", undefined],
  ["on a file system without hard links", noLinks],
])("FileStorage %s", (_, linkFile) => {
  it.each(contractChecks("test").map((check) => [check.name, check] as const))("%s", async (_name, check) => {
    await check.run(open(linkFile));
    expect(await readdir(directory)).toEqual([]); // no temporary file, no reservation
  });

  it("gives objects their mode by umask", async () => {
    const umask = process.umask(0o027);
    try {
      await open(linkFile).put("x", payloadOf(Buffer.from("1")));
    } finally {
      process.umask(umask);
    }
    expect((await stat(join(directory, "x"))).mode & 0o7777).toBe(0o640);
  });

  it("replaces neither a directory nor a dangling symlink of that name", async () => {
    await mkdir(join(directory, "d"));
    await symlink("nowhere", join(directory, "l"));
    for (const name of ["d", "l"])
      await expect(open(linkFile).put(name, payloadOf(Buffer.from("1")))).rejects.toMatchObject({ code: "storage.exists" });
    expect((await readdir(directory)).sort()).toEqual(["d", "l"]);
  });
});

describe("FileStorage", () => {
  it("writes under a name that no duplicity takes for its own", async () => {
    const seen: string[][] = [];
    const body: Payload = {
      size: 1,
      async *open() {
        seen.push(await readdir(directory));
        yield Buffer.from("1");
      },
    };
    await open().put("duplicity-full.20230301T120000Z.vol1.difftar.gpg", body);
    expect(seen).toEqual([[expect.stringMatching(/^\.doppel-[0-9a-f]{16}\.partial$/)]]);
  });

  it("lists only regular files with plain names", async () => {
    await mkdir(join(directory, "sub"));
    await writeFile(join(directory, ".doppel-00.partial"), "half");
    await writeFile(join(directory, ".hidden"), "");
    await writeFile(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x61, 0xff])]), "");
    await writeFile(join(directory, "żółć"), "12345");
    await symlink("żółć", join(directory, "link"));
    await symlink("nowhere", join(directory, "dangling"));
    execFileSync("mkfifo", [join(directory, "fifo")]);
    const storage = open();
    expect(await names(storage)).toEqual(["link", "żółć"]);
    expect(await storage.stat("żółć")).toMatchObject({ size: 5, modified: expect.any(Date) });
    for (const name of ["sub", "fifo"]) {
      expect(await storage.stat(name)).toBeUndefined();
      await expect(collectBytes(storage.get(name), 1)).rejects.toMatchObject({ code: "storage.not-found" });
    }
  });

  it("lists more entries than it looks up at once", async () => {
    const expected = Array.from({ length: 100 }, (_, i) => `n${String(i).padStart(3, "0")}`);
    for (const name of expected) await writeFile(join(directory, name), "");
    expect(await names(open())).toEqual(expected);
  });

  it("yields chunks that it does not touch again", async () => {
    const bytes = randomBytes(1_000_000);
    await open().put("x", payloadOf(bytes));
    const chunks = [];
    for await (const chunk of open().get("x")) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(1);
    expect(Buffer.compare(Buffer.concat(chunks), bytes)).toBe(0);
  });

  it("passes the payload's own failure on, even one of the file system", async () => {
    const own = Object.assign(new Error("ENOENT: spool is gone"), { code: "ENOENT", syscall: "open" });
    const body: Payload = {
      size: 1,
      async *open() {
        yield Buffer.alloc(0);
        throw own;
      },
    };
    await expect(open().put("x", body)).rejects.toBe(own);
  });

  it("knows its own link when a network file system repeats the request", async () => {
    const repeated: LinkFile = async (from, to) => {
      await link(from, to);
      await link(from, to);
    };
    await open(repeated).put("x", payloadOf(Buffer.from("1")));
    expect(await readdir(directory)).toEqual(["x"]);
  });

  it("respects another doppel's reservation where there are no links", async () => {
    const reservation = `.doppel-${createHash("sha256").update("x").digest("hex").slice(0, 32)}.reserved`;
    await writeFile(join(directory, reservation), "");
    await expect(open(noLinks).put("x", payloadOf(Buffer.from("1")))).rejects.toMatchObject({
      code: "storage.exists",
      message: expect.stringContaining(reservation),
    });
    expect(await readdir(directory)).toEqual([reservation]);
  });

  it("leaves nothing when publishing fails, and says what kind of failure it was", async () => {
    const kinds = {
      ENOSPC: "storage.full",
      EDQUOT: "storage.full",
      EACCES: "storage.denied",
      EROFS: "storage.denied",
      EIO: "storage.unavailable",
    };
    for (const [errno, code] of Object.entries(kinds)) {
      const put = open(failWith(errno)).put("x", payloadOf(Buffer.from("1")));
      await expect(put).rejects.toMatchObject({
        code,
        message: expect.stringMatching(/^cannot store x in \/.+: .+; .+[^.]$/),
        cause: { code: errno },
      });
      expect(await readdir(directory)).toEqual([]);
    }
  });

  it("says that the directory has gone", async () => {
    const storage = new FileStorage({
      label: "",
      directory: pathFromText(`${directory}/gone`),
      random: { bytes: (n) => randomBytes(n) },
    });
    await expect(names(storage)).rejects.toMatchObject({ code: "storage.not-found" });
    await expect(storage.put("x", payloadOf(Buffer.from("1")))).rejects.toMatchObject({ code: "storage.not-found" });
  });

  it("tells what to do when a name is taken", async () => {
    await open().put("x", payloadOf(Buffer.from("1")));
    await expect(open().put("x", payloadOf(Buffer.from("2")))).rejects.toMatchObject({
      code: "storage.exists",
      message: expect.stringMatching(/^cannot store x in .*: the name is taken.*same second.*; run it again$/),
    });
  });

  it("refuses a name too long for the disk with one line", async () => {
    await expect(open().put("é".repeat(128), payloadOf(Buffer.from("1")))).rejects.toMatchObject({ code: "storage.bad-name" });
    await open().put("é".repeat(127), payloadOf(Buffer.from("1")));
  });
});

const mayMount = (() => {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

// A real full disk and a real read-only one: tmpfs, so root on Linux only.
describe.skipIf(!mayMount)("FileStorage on a tmpfs (needs root and mount)", () => {
  beforeEach(() => void execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory]));
  afterEach(() => void execFileSync("umount", [directory]));

  it("tells a full disk, leaves nothing, and goes on when there is room", async () => {
    const storage = open();
    await expect(storage.put("x", payloadOf(randomBytes(200_000)))).rejects.toMatchObject({ code: "storage.full" });
    expect(await readdir(directory)).toEqual([]);
    await storage.put("x", payloadOf(randomBytes(20_000)));
    expect(await names(storage)).toEqual(["x"]);
  });

  it("tells a read-only file system", async () => {
    await open().put("x", payloadOf(Buffer.from("1")));
    execFileSync("mount", ["-o", "remount,ro", directory]);
    await expect(open().put("y", payloadOf(Buffer.from("1")))).rejects.toMatchObject({ code: "storage.denied" });
    await expect(open().delete(["x"])).rejects.toMatchObject({ code: "storage.denied" });
    expect(await names(open())).toEqual(["x"]);
  });
});
