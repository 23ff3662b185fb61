import type { BytePath, RunEvent } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Renderer } from "../renderer.ts";
import type { Message } from "./message.ts";
import { type DuplicityOptions, duplicityRenderer } from "./renderer.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function rendering(use: (renderer: Renderer) => void, options: Partial<DuplicityOptions> = {}) {
  const seen = { out: "", err: "", log: [] as Message[] };
  const add = (stream: "out" | "err") => (data: string | Uint8Array) => {
    seen[stream] += Buffer.from(data as Uint8Array).toString("latin1");
  };
  const renderer = duplicityRenderer({
    stdout: add("out"),
    stderr: add("err"),
    verbosity: 5,
    logs: [{ write: (message) => void seen.log.push(message) }],
    command: "backup",
    counting: "duplicity-3",
    statistics: true,
    force: false,
    now: () => 0,
    ...options,
  });
  use(renderer);
  return {
    ...seen,
    heads: seen.log.map(({ level, code = 1, extra }) => `${level} ${code}${extra === undefined ? "" : ` ${extra}`}`),
  };
}

const events =
  (...all: readonly RunEvent[]) =>
  (renderer: Renderer) =>
    all.forEach((event) => renderer.event(event));
const path = "a\xff" as BytePath;
const time = new Date(1_700_000_000_000);

describe("events of a backup", () => {
  it("why it is a full one", () => {
    const { out, heads } = rendering(
      events({ type: "full.forced", why: "too-old" }, { type: "full.forced", why: "no-signatures" }),
    );
    expect(out).toBe("Last full backup is too old, forcing full backup\nNo signatures found, switching to full backup.\n");
    expect(heads).toEqual(["NOTICE 1", "WARNING 1"]);
  });

  it("that it goes on where another stopped", () => {
    const resumed = { type: "run.resumed", kind: "inc", time } as const;
    const { out } = rendering(
      events({ ...resumed, from: 2, lost: 2, after: { path, block: 15 } }, { ...resumed, kind: "full", from: 1, lost: 1 }),
    );
    expect(out).toBe(
      "Last inc backup left a partial set, restarting.\n" +
        "RESTART: Volumes 2 to 3 failed to upload before termination.\n         Restarting backup at volume 2.\n" +
        "Restarting after volume 1, file a\xff, block 15\n" +
        "Last full backup left a partial set, restarting.\n" +
        "RESTART: The first volume failed to upload before termination.\n         Restarting backup at volume 1.\n",
    );
  });

  it("what became of files, and what is stored", () => {
    const done = { type: "entry.done", path, entryType: "file", size: 1 } as const;
    const { out, heads } = rendering(
      events(
        { ...done, change: "new" },
        { ...done, change: "changed" },
        { ...done, change: "deleted" },
        { type: "volume.stored", name: "v", number: 1, size: 1 },
      ),
    );
    expect(out).toBe("A a\xff\nM a\xff\nD a\xff\nStoring v\nStored v\n");
    expect(heads).toEqual(["INFO 4 'a\\xff'", "INFO 5 'a\\xff'", "INFO 6 'a\\xff'", "INFO 11", "INFO 13"]);
  });

  it("that a storage did not answer, and was given up", () => {
    const { out, err, heads } = rendering((renderer) => {
      for (const attempt of [1, 2]) renderer.event({ type: "retry", operation: "store v", attempt, detail: "gone" });
      renderer.error(new Error("x"), 30);
    });
    expect(out).toBe(
      "Attempt of put Nr. 1 failed. BackendException: gone\nAttempt of put Nr. 2 failed. BackendException: gone\n",
    );
    expect(err).toMatch(/^This is a bug/);
    expect(heads).toEqual(["WARNING 1", "WARNING 1", "ERROR 30 Error"]);
  });

  it("that metadata were fetched, with one heading", () => {
    const { out } = rendering(events({ type: "metadata.copied", name: "a" }, { type: "metadata.copied", name: "b" }));
    expect(out).toBe("Synchronizing remote metadata to local cache...\nCopying a to local cache.\nCopying b to local cache.\n");
  });

  it("progress, redrawn in place on the stream, and as numbers in the log", () => {
    let now = 0;
    const progress = {
      type: "progress",
      files: 1,
      bytes: 50,
      volumes: 1,
      storedBytes: 1024,
      totalBytes: 100,
      totalKnown: true,
    } as const;
    const { out, heads } = rendering(
      (renderer) => {
        for (now of [3000, 6000]) renderer.event(progress);
      },
      { verbosity: 3, progressMs: 3000, now: () => now },
    );
    const [first = "", second = ""] = out.split("\n");
    expect(first).toMatch(/^1\.0KB 00:00:03 /);
    expect(second.startsWith("\u001b[1A\u001b[2K1.0KB 00:00:06 ")).toBe(true);
    expect(heads).toEqual(["NOTICE 16 1024 3 50 3 341 0", "NOTICE 16 1024 6 50 6 170 0"]);
  });

  it("source bytes so far, for programs only", () => {
    const progress = { type: "progress", files: 1, bytes: 50, volumes: 1, storedBytes: 1, totalKnown: false } as const;
    const { out, heads } = rendering(events(progress, { ...progress, totalKnown: true, totalBytes: 100 }));
    expect([out, heads]).toEqual(["", ["INFO 2 50", "INFO 2 50 100"]]);
  });
});

describe("events of a restore", () => {
  it("are numbered", () => {
    const { out, heads } = rendering(
      events(
        { type: "progress", files: 0, bytes: 0, volumes: 0, storedBytes: 0, totalKnown: false, totalVolumes: 2 },
        { type: "entry.done", path: "" as BytePath, entryType: "dir", size: 0 },
        { type: "volume.read", name: "v", number: 1, size: 1 },
      ),
    );
    expect(out).toBe("Writing . of type dir\nProcessed volume 1 of 2\n");
    expect(heads).toEqual(["INFO 7 '.' dir", "INFO 2 1 2"]);
  });
});

describe("results", () => {
  it("a listing, whatever the verbosity", () => {
    const entry = {
      path,
      type: "symlink",
      mode: 0,
      uid: 0,
      gid: 0,
      uname: "",
      gname: "",
      mtime: 1_700_000_000,
      size: 0,
    } as const;
    const { out, heads } = rendering((renderer) => renderer.row({ kind: "entry", entry }), { verbosity: 0 });
    expect(out).toBe("Tue Nov 14 22:13:20 2023 a\xff\n");
    expect(heads).toEqual(["INFO 10 20231114T221320Z 'a\\xff' sym"]);
  });

  it("the volumes that a restore needs", () => {
    const report = { files: 0, bytes: 0, incomplete: 0, lost: 0, badVolumes: 0, wanted: ["v1", "v2"] };
    const restore = { kind: "restore", report, seconds: 1, target: "t" } as const;
    expect(rendering((renderer) => renderer.result({ ...restore, dryRun: true })).out).toBe(
      "Required volumes to restore:\n\tv1\n\tv2\n",
    );
    expect(rendering((renderer) => renderer.result({ ...restore, dryRun: false })).out).toBe("");
  });

  it("a verification, or that the backup is damaged", () => {
    const report = { compared: 2, differences: 1, incomplete: 0, lost: 0, badVolumes: 0, volumes: 3 };
    const verify = { kind: "verify", seconds: 1, comparedData: true } as const;
    const sound = rendering((renderer) => renderer.result({ ...verify, report }));
    expect([sound.out, sound.err]).toEqual(["Verify complete: 2 file(s) compared, 1 difference(s) found.\n", ""]);
    const bad = rendering((renderer) => renderer.result({ ...verify, report: { ...report, badVolumes: 1, lost: 5 } }));
    expect([bad.out, bad.err]).toEqual(["", "The backup is damaged: 1 of 3 volumes cannot be used, 5 paths are lost.\n"]);
  });
});
