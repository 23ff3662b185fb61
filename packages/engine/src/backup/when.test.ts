import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { timeOfNewSet } from "./when.ts";

let archive: string;
beforeEach(() => void (archive = mkdtempSync(join(tmpdir(), "doppel-"))));
afterEach(() => rmSync(archive, { recursive: true }));

/** A clock at that second, which only `sleep` moves. */
function clockAt(time: string): Runtime {
  let now = Date.parse(time);
  const clock = { now: () => new Date(now), sleep: async (ms: number) => void (now += ms), unref: () => undefined };
  return {
    clock,
    random: { bytes: (n: number) => new Uint8Array(n) },
    emit: () => undefined,
    signal: new AbortController().signal,
  } as Runtime;
}

const known = (...names: readonly string[]): void => names.forEach((name) => writeFileSync(join(archive, name), ""));
const FULL = "duplicity-full.20240101T120000Z.manifest";
const INC = "duplicity-new-signatures.20240101T120000Z.to.20240102T120000Z.sigtar.gz";
const at = async (time: string, after?: string): Promise<string> =>
  (await timeOfNewSet(archive, NO_PREFIXES, clockAt(time), after === undefined ? undefined : new Date(after))).toISOString();

describe("the time of a new set", () => {
  it("is now, in whole seconds", async () => {
    expect(await at("2024-01-01T12:00:00.900Z")).toBe("2024-01-01T12:00:00.000Z");
    known(FULL, INC, "something else");
    expect(await at("2024-01-02T12:00:01.900Z")).toBe("2024-01-02T12:00:01.000Z");
    expect(await at("2024-01-02T12:00:01.900Z", "2024-01-02T12:00:00Z")).toBe("2024-01-02T12:00:01.000Z");
  });

  it("is the next second where this one is taken", async () => {
    known(FULL);
    expect(await at("2024-01-01T12:00:00.300Z")).toBe("2024-01-01T12:00:01.000Z");
    expect(await at("2024-01-05T00:00:00Z", "2024-01-05T00:00:00Z")).toBe("2024-01-05T00:00:01.000Z");
  });

  it("is never before that of a known set: neither for an increment nor for a full backup", async () => {
    known(FULL, INC);
    await expect(at("2024-01-02T11:59:59Z")).rejects.toMatchObject({
      code: "collection.clock",
      message: `the newest backup is of 20240102T120000Z (known from ${archive}), but the clock here says 20240102T115959Z: a backup must be later than those before it; set the clock right, wait until then, or, if it was wrong when that backup was made, move its files (*20240102T120000Z*) away from the target and ${archive}`,
    });
    await expect(at("2024-01-04T00:00:00Z", "2024-01-05T00:00:00Z")).rejects.toMatchObject({ code: "collection.clock" });
  });

  it("of an increment depends on the chain that it continues, whatever else was here once", async () => {
    known(INC);
    expect(await at("2024-01-01T18:00:00Z", "2024-01-01T12:00:00Z")).toBe("2024-01-01T18:00:00.000Z");
  });

  it("is one that readers find again", async () => {
    expect(await at("1970-01-01T00:00:01Z")).toBe("1970-01-01T00:00:01.000Z");
    expect(await at("2099-12-31T23:59:59Z")).toBe("2099-12-31T23:59:59.000Z");
    for (const time of ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "+010000-01-01T00:00:00Z"])
      await expect(at(time)).rejects.toMatchObject({
        code: "collection.clock",
        message: expect.stringMatching(/set the clock right/),
      });
  });
});
