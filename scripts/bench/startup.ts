import { join } from "node:path";
import { measure, median } from "./measure.ts";

const RUNS = 20;
/** Starts in one measurement: GNU time counts in hundredths of a second. */
const STARTS = 2;

/** CPU time of `--version` as a multiple of that of `node -e 0`: medians of alternating runs. */
export function benchStartup(): void {
  const bin = join(import.meta.dirname, "../../packages/cli/bin");
  const commands = {
    "node -e 0": [process.execPath, "-e", "0"],
    "doppel --version": [process.execPath, join(bin, "doppel.js"), "--version"],
    "duplicity --version": [process.execPath, join(bin, "duplicity.js"), "--version"],
  };
  const seconds = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  const loop = `for i in ${"x ".repeat(STARTS)}; do "$@" >/dev/null || exit; done`;
  for (let run = 0; run < RUNS; run++) {
    for (const [name, command] of Object.entries(commands)) {
      seconds.get(name)!.push(measure("sh", ["-c", loop, "sh", ...command], process.env).cpuSeconds / STARTS);
    }
  }
  const base = median(seconds.get("node -e 0")!);
  console.log(`\nCPU time of a start, medians of ${RUNS} runs of ${STARTS}; at most 1.70 is the aim\n`);
  console.log("| command | CPU | ratio to node -e 0 |\n| --- | ---: | ---: |");
  for (const [name, all] of seconds) {
    console.log(`| ${name} | ${(median(all) * 1000).toFixed(0)} ms | ${(median(all) / base).toFixed(2)} |`);
  }
}
