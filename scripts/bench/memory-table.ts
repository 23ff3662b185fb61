import { machineText } from "./machine.ts";
import { markdownTable } from "./markdown.ts";
import type { MemorySection } from "./results.ts";

/** Whatever the tree: in MiB. */
const BOUND = 250;

/** Peak memory as Markdown. */
export function memoryText({ results, machine, date }: MemorySection): string {
  const rows = results.map(({ tree, command, peakMegabytes, wallSeconds }) => [
    tree,
    command,
    peakMegabytes.toFixed(0),
    `bound ${BOUND} MiB: ${peakMegabytes <= BOUND ? "met" : "MISSED"}`,
    `${wallSeconds.toFixed(1)} s`,
  ]);
  return [
    `Memory: ${date.slice(0, 10)}, ${machineText(machine)}. The files are small; the huge one is sparse, with 1 MiB of random bytes in every 16 MiB.`,
    "",
    markdownTable(["tree", "command", "peak RSS, MiB", "promised", "time"], rows, [2, 4]),
  ].join("\n");
}
