import type { RunEvent } from "@doppel/base";
import type { CommandName } from "../../option.ts";
import { asctime } from "../times.ts";
import type { Message } from "./message.ts";
import { type Counting, nounFor } from "./wording.ts";

/** Commands that tell whether the archive directory is in step with the target: those of which stock needs it to be. */
const SYNCHRONIZING: readonly CommandName[] = ["backup", "full", "incremental", "restore", "verify", "list", "cleanup"];

/** What every command begins with (cli spec 4.2, 4.8): what lies about, whether the archive directory is complete, the last full backup. */
export function preamble(
  read: Extract<RunEvent, { type: "collection.read" }>,
  command: CommandName,
  counting: Counting,
): readonly Message[] {
  const { incompleteSets, orphanedSets, lastFull } = read;
  const messages: Message[] = [];
  for (const [place, names] of [
    ["local", read.orphanedLocalSignatures],
    ["remote", read.orphanedSignatures],
  ] as const) {
    if (names.length === 0) continue;
    const head = `Warning, found the following ${place} orphaned signature ${nounFor(names.length, "file", counting)}:`;
    messages.push({ level: "WARNING", code: 2, text: [head, ...names].join("\n") });
  }
  if (incompleteSets.length > 0) {
    const text = "Warning, found incomplete backup sets, probably left from aborted session";
    messages.push({ level: "WARNING", code: 5, text });
  }
  if (orphanedSets.length > 0) {
    const sets = orphanedSets.map((names) => `[${names.join(", ")}]`);
    const head = `Warning, found the following orphaned backup ${nounFor(sets.length, "file", counting)}:`;
    messages.push({ level: "WARNING", code: 6, text: [head, ...sets].join("\n") });
  }
  if (read.synchronized && SYNCHRONIZING.includes(command))
    messages.push({ level: "NOTICE", text: "Local and Remote metadata are synchronized, no sync needed." });
  messages.push({ level: "NOTICE", text: `Last full backup date: ${lastFull === undefined ? "none" : asctime(lastFull)}` });
  return messages;
}
