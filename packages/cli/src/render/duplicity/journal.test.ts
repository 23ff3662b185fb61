import { describe, expect, it } from "vitest";
import { Journal } from "./journal.ts";
import type { Message } from "./message.ts";

function journal(verbosity: number, timestamp?: () => Date) {
  const seen = { out: "", err: "", log: [] as Message[] };
  const add = (stream: "out" | "err") => (data: string | Uint8Array) => {
    seen[stream] += Buffer.from(data as Uint8Array).toString("latin1");
  };
  const logs = [{ write: (message: Message) => void seen.log.push(message) }];
  return { seen, journal: new Journal({ stdout: add("out"), stderr: add("err"), verbosity, timestamp, logs }) };
}

const ALL = (["ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"] as const).map((level): Message => ({ level, text: level }));

describe("the journal", () => {
  it.each([
    [0, ""],
    [1, ""],
    [2, "WARNING\n"],
    [3, "WARNING\nNOTICE\n"],
    [4, "WARNING\nNOTICE\n"],
    [5, "WARNING\nNOTICE\nINFO\n"],
    [9, "WARNING\nNOTICE\nINFO\nDEBUG\n"],
  ])("has errors on standard error and, at -v%i, the rest on standard output", (verbosity, out) => {
    const { seen, journal: one } = journal(verbosity);
    for (const message of ALL) one.say(message);
    expect(seen.out).toBe(out);
    expect(seen.err).toBe("ERROR\n");
    expect(seen.log.map(({ text }) => text)).toEqual(["ERROR", ...out.split("\n").slice(0, -1)]);
  });

  it("shows what was asked for at any verbosity", () => {
    const { seen, journal: one } = journal(0);
    one.say({ level: "INFO", text: "asked", forced: true });
    expect([seen.out, seen.log.length]).toEqual(["asked\n", 1]);
  });

  it("keeps bytes, and tells programs what people do not see", () => {
    const { seen, journal: one } = journal(5);
    one.say({ level: "INFO", text: "\xff" });
    one.say({ level: "INFO", text: "", logOnly: true });
    one.say({ level: "INFO", text: "log", onStream: "stream" });
    expect([seen.out, seen.log.map(({ text }) => text)]).toEqual(["\xff\nstream\n", ["\xff", "", "log"]]);
  });

  it("puts the time before the first line", () => {
    const { seen, journal: one } = journal(3, () => new Date(2026, 10, 22, 21, 24, 4, 35));
    one.say({ level: "NOTICE", text: "one\ntwo" });
    expect(seen.out).toBe("2026-11-22 21:24:04,035 NOTICE one\ntwo\n");
  });
});
