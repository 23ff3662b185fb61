import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobsText } from "./jobs-table.ts";
import { memoryText } from "./memory-table.ts";
import type { Results } from "./results.ts";
import { hiddenText } from "./stages-table.ts";

const README = join(import.meta.dirname, "../../README.md");
const BEGIN = "<!-- npm run bench writes from here -->";
const END = "<!-- to here -->";

/** Replaces the generated part of README.md. @throws Error when its marks are missing */
export function updateReadme(results: Results): void {
  writeFileSync(README, withFigures(readFileSync(README, "utf8"), readmePart(results)));
}

/** The text with `part` between the marks. @throws Error when these are missing */
export function withFigures(readme: string, part: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no "${BEGIN}" with "${END}" behind it: put them back`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${part}\n\n${readme.slice(end)}`;
}

/** What the README shows of the figures: tables of jobs and memory, plots of stages and scaling. */
function readmePart({ jobs, stages, scaling, memory }: Results): string {
  const parts: string[] = [];
  if (jobs !== undefined) parts.push(jobsText(jobs));
  if (stages !== undefined) {
    parts.push(
      "![Throughput of each stage alone, MB of source a second](scripts/bench/plots/stages.svg)",
      hiddenText(stages.results),
    );
  }
  if (scaling !== undefined) parts.push("![Throughput by number of cores](scripts/bench/plots/scaling.svg)");
  if (memory !== undefined) parts.push(memoryText(memory));
  return parts.join("\n\n");
}
