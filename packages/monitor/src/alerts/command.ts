import { createHash } from "node:crypto";
import type { AlertEvent } from "./ledger.ts";
import type { Channel } from "./channel.ts";
import { digestJson, eventJson } from "./json.ts";
import { runProgram } from "./run-program.ts";

/** A program of the admin's: each event is JSON on its standard input. */
export function commandChannel(command: readonly string[], env: Readonly<Record<string, string | undefined>>): Channel {
  const run = (value: object, signal: AbortSignal): Promise<void> =>
    runProgram(command, `${JSON.stringify(value)}\n`, { env, signal });
  return {
    id: `command-${hashOf(command.join("\0"))}`,
    label: command[0]!,
    messages: (events) => events.map((event) => [event]),
    tell: ([event], { now, signal }) => run(eventJson(event as AlertEvent, now), signal),
    digest: (report, { signal }) => run(digestJson(report), signal),
  };
}

/** Addresses may hold secrets: what is remembered of them is this. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
