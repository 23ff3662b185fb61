import { displayText } from "@doppel/base";
import type { ReplicatedSet, ReplicateReport } from "@doppel/engine/internal";
import { setKind } from "./rows.ts";
import { byteText, counted } from "./sizes.ts";
import { tableLines } from "./table.ts";
import { localTime } from "./times.ts";

const OUTCOMES: Readonly<Record<ReplicatedSet["outcome"], string>> = {
  copied: "copied",
  there: "already there, by name and size",
  failed: "FAILED",
  blocked: "not tried",
};

/** The answer of `doppel replicate`: what became of every backup, and what is wrong with those that were not copied. */
export function replicationText({ from, to, sets }: ReplicateReport): string {
  if (sets.length === 0) return `${from}: no complete backup to copy.\n`;
  const count = (outcome: ReplicatedSet["outcome"]): number => sets.filter((set) => set.outcome === outcome).length;
  const copied = sets.filter(({ outcome }) => outcome === "copied");
  const bytes = sets.reduce((sum, set) => sum + set.bytes, 0);
  const lines = [
    `${from} to ${to}: ${counted(copied.length, "backup")} copied, ${count("there")} already there, ${byteText(bytes)}`,
    "",
    ...tableLines(
      ["Time", "Kind", "Objects", "Copied", "Outcome"],
      ["left", "left", "right", "right", "left"],
      sets.map(({ set, outcome, objects, bytes, checked }) => {
        const isRead = outcome === "there" && checked !== "size";
        const text = isRead ? "already there, read and the same" : OUTCOMES[outcome];
        return [localTime(set.id.end), setKind(set.id.kind), objects, byteText(bytes), text];
      }),
    ),
  ];
  const bySize = copied.filter(({ checked }) => checked === "size").length;
  if (bySize > 0)
    lines.push(
      "",
      `${counted(bySize, "backup")} checked by size only: without a key ${bySize === 1 ? "its" : "their"} checksums cannot be read.`,
    );
  const errors = sets.flatMap(({ set, errors }) =>
    errors.map((error) => `${localTime(set.id.end)}: ${displayText(error.message)}`),
  );
  if (errors.length > 0) lines.push("", "Not copied:", ...errors.map((line) => `  ${line}`));
  const blocked = count("blocked");
  const what = blocked === 1 ? "it builds on" : "they build on";
  if (blocked > 0)
    lines.push(
      `  ${counted(blocked, "backup")} not tried, because what ${what} failed: put that right, and the next run goes on with ${blocked === 1 ? "it" : "them"}`,
    );
  if (sets.some(({ outcome, checked }) => outcome === "there" && checked === "size"))
    lines.push("", "What was already there was not read; --verify reads and compares it.");
  return `${lines.join("\n")}\n`;
}
