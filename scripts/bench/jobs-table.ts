import { medianOf, significant, valueOf, verdictOn } from "./bounds.ts";
import { machineText } from "./machine.ts";
import { markdownTable } from "./markdown.ts";
import type { JobResult, JobsSection, Run } from "./results.ts";

/** The jobs as Markdown: what was measured on what, a row for each job, what was left out. */
export function jobsText(section: JobsSection): string {
  const { results, absent, pairs, files, megabytes, bigMegabytes, machine, date } = section;
  const rows = results.map((result) => [
    result.name,
    result.peer,
    seconds(result.runs.peer),
    seconds(result.runs.doppel),
    times(valueOf("speed", result)),
    times(valueOf("cpu", result)),
    whole(result.runs.doppel, "peakMegabytes"),
    times(valueOf("stored", result)),
    result.readMegabytes === undefined ? "" : significant(result.readMegabytes.doppel),
    verdictsOf(result),
  ]);
  const versions = ["duplicity", "gpg", "rdiff", "restic", "borg"].map((name) => machine.programs[name]).filter(Boolean);
  return [
    `Medians of ${pairs} alternating pairs, ${date.slice(0, 10)}, ${machineText(machine)}, ${versions.join(", ")}.`,
    `${files.toLocaleString("en")} files of ${megabytes} MB together, and one file of ${bigMegabytes} MB; encrypted to an RSA-3072 key.`,
    "`times as fast` is the other's wall time by doppel's; `CPU` and `stored` are doppel's by the other's.",
    "",
    markdownTable(
      ["job", "against", "other", "doppel", "times as fast", "CPU", "RSS, MiB", "stored", "read, MB", "promised"],
      rows,
      [2, 3, 4, 5, 6, 7, 8],
    ),
    ...(absent.length === 0 ? [] : ["", `Not installed, so not measured: ${absent.join(", ")}.`]),
  ].join("\n");
}

function verdictsOf(result: JobResult): string {
  return result.bounds.map((bound) => verdictOn(bound, valueOf(bound.of, result)).text).join("; ");
}

function seconds(runs: readonly Run[]): string {
  const value = medianOf(runs, "wallSeconds");
  return value === undefined ? "" : `${value < 1 ? value.toFixed(2) : value.toFixed(1)} s`;
}

function whole(runs: readonly Run[], key: keyof Run): string {
  return medianOf(runs, key)?.toFixed(0) ?? "";
}

function times(value: number | undefined): string {
  return value === undefined ? "" : significant(value);
}
