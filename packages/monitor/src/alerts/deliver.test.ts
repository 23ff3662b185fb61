import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import type { MonitorReport } from "../report.ts";
import { MonitorState } from "../state/store.ts";
import { deliver } from "./deliver.ts";

const now = new Date("2026-11-23T08:00:00Z");

function reportOf(names: readonly string[]): MonitorReport {
  const findings = [{ id: "missed", severity: "critical" as const, text: "no backup" }];
  return { time: now, profiles: names.map((name) => ({ name, severity: "critical", findings })), fleet: [], isWhole: true };
}

/** Tells of these servers by a program that refuses some of them. */
async function told(names: readonly string[], refused: string) {
  const folder = tempDir();
  const log = join(folder, "log");
  const script = `event=$(cat); case $event in ${refused}) exit 1;; esac; echo "$event" >> ${log}`;
  const settings = {
    repeatHours: 24,
    webhooks: [],
    commands: [["sh", "-c", script]],
    pings: [],
    timeZone: "UTC",
    digestAtMinute: 0,
  };
  const state = new MonitorState(join(folder, "state"), () => undefined);
  const deps = { settings, state, env: { PATH: process.env["PATH"] }, signal: new AbortController().signal };
  const run = async () => {
    const failures = await deliver(reportOf(names), false, deps);
    const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
    return { failures, events: lines.map((line) => JSON.parse(line) as { event: string; subject?: string }) };
  };
  return { first: await run(), second: await run() };
}

it("a message that is refused for what is in it does not keep the others back", async () => {
  const { first, second } = await told(["a", "bad", "c"], "*bad*");
  expect(first.failures).toEqual(["sh: ended with exit code 1"]);
  expect(first.events.map(({ subject }) => subject)).toEqual(["a", "c"]);
  // It is tried again; the others have been told. The digest waits until the channel works.
  expect(second).toEqual(first);
});

it("a channel that takes nothing is not tried a thousand times", async () => {
  const names = Array.from({ length: 10 }, (_, i) => `web${i}`);
  const { first } = await told([...names, "x"], "*web*");
  expect(first).toEqual({ failures: ["sh: ended with exit code 1"], events: [] });
  const { first: well } = await told(names, "nothing");
  expect(well.events.map(({ event }) => event)).toEqual([...names.map(() => "new"), "digest"]);
});
