import { machineText } from "./machine.ts";
import { markdownTable } from "./markdown.ts";
import type { ScalingPoint, ScalingSection } from "./results.ts";
import { median } from "./statistics.ts";

/** Throughput by threads and cores, as Markdown. */
export function scalingText({ results, sourceMegabytes, machine, date }: ScalingSection): string {
  const speed = ({ seconds }: ScalingPoint): number => sourceMegabytes / median(seconds);
  const rows = results.map((point) => {
    const single = results.find(({ what, threads, cores }) => what === point.what && threads === 1 && cores === 1);
    const gain = single === undefined ? "" : (speed(point) / speed(single)).toFixed(2);
    return [point.what, `${point.threads}`, `${point.cores}`, speed(point).toFixed(0), gain];
  });
  return [
    `By cores: medians of ${results[0]?.seconds.length ?? 0} rounds, ${date.slice(0, 10)}, ${machineText(machine)}; held to fewer cores with taskset.`,
    "",
    markdownTable(["what", "threads", "cores", "MB/s of source", "times one core"], rows, [1, 2, 3, 4]),
  ].join("\n");
}
