import { pathFromText } from "@doppel/base";
import type { ChainStatus, SetStatus, StatusReport } from "@doppel/engine/internal";
import { asctime } from "../times.ts";
import type { Message } from "./message.ts";
import { compactTime, type Counting, countOf } from "./wording.ts";

const RULER = "-".repeat(25);

/** The answer of `collection-status` (cli spec 4.4), byte for byte; and the same for programs (13). */
export function collectionStatus(report: StatusReport, archiveDir: string, counting: Counting): Message {
  const { primary, secondary } = sorted(report.chains);
  const lines = [
    "Collection Status",
    "-".repeat(17),
    "Connecting with backend: BackendWrapper",
    `Archive dir: ${pathFromText(archiveDir)}`,
    "",
    `Found ${countOf(secondary.length, "secondary backup chain", counting)}.`,
    ...secondary.flatMap((chain, index) => [`Secondary chain ${index + 1} of ${secondary.length}:`, ...chainLines(chain), ""]),
    ...(primary === undefined
      ? ["No backup chains with active signatures found"]
      : ["", "Found primary backup chain with matching signature chain:", ...chainLines(primary)]),
    ...leftovers(report, counting),
  ];
  return { level: "INFO", code: 3, extra: "", data: dataLines(report, primary, secondary), text: lines.join("\n"), forced: true };
}

/** Primary is the chain that ends last, if it can be continued. */
function sorted(chains: readonly ChainStatus[]): { readonly primary?: ChainStatus; readonly secondary: readonly ChainStatus[] } {
  const newest = chains.at(-1);
  if (newest === undefined || !newest.chain.hasSignatures) return { secondary: chains };
  return { primary: newest, secondary: chains.slice(0, -1) };
}

function chainLines({ chain, sets }: ChainStatus): readonly string[] {
  const volumes = sets.reduce((sum, set) => sum + set.volumes, 0);
  return [
    RULER,
    `Chain start time: ${asctime(chain.start)}`,
    `Chain end time: ${asctime(chain.end)}`,
    `Number of contained backup sets: ${sets.length}`,
    `Total number of contained volumes: ${volumes}`,
    row("Type of backup set:", "Time:", "Num volumes:"),
    ...sets.map(({ set, volumes }) => row(typeOf(set.id.kind), asctime(set.id.end), String(volumes))),
    RULER,
  ];
}

function row(type: string, time: string, volumes: string): string {
  return `${type.padStart(20)}   ${time.padStart(30)}   ${volumes.padStart(15)}`;
}

/** As a table calls it. */
export function typeOf(kind: "full" | "inc"): string {
  return kind === "full" ? "Full" : "Incremental";
}

function leftovers(report: StatusReport, counting: Counting): readonly string[] {
  const { orphaned, incomplete } = counts(report);
  if (orphaned + incomplete === 0) return ["No orphaned or incomplete backup sets found."];
  return [
    `Also found ${countOf(orphaned, "backup set", counting)} not part of any chain,`,
    `and ${countOf(incomplete, "incomplete backup set", counting)}.`,
    'They can be deleted with the "cleanup" command.',
  ];
}

function counts({ orphaned, incomplete, lostManifest }: StatusReport) {
  return { orphaned: orphaned.length, incomplete: incomplete.length + lostManifest.length };
}

function dataLines(report: StatusReport, primary: ChainStatus | undefined, secondary: readonly ChainStatus[]): readonly string[] {
  const { orphaned, incomplete } = counts(report);
  return [
    "backend BackendWrapper",
    "archive-dir (. dir)", // what stock prints; front ends skip it
    ...secondary.flatMap(({ sets }, index) => [`chain-no-sig ${index}`, ...sets.map(dataLine)]),
    ...(primary === undefined ? [] : ["chain-complete", ...primary.sets.map(dataLine)]),
    `orphaned-sets-num ${orphaned}`,
    `incomplete-sets-num ${incomplete}`,
  ];
}

function dataLine({ set, volumes }: SetStatus): string {
  return ` ${set.id.kind} ${compactTime(set.id.end)} ${volumes} ${set.encoding === "gpg" ? "enc" : "noenc"}`;
}
