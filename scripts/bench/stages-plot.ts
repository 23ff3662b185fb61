import type { StagesSection } from "./results.ts";
import { logScale } from "./scales.ts";
import { median } from "./statistics.ts";
import { dot, line, svg, text } from "./svg.ts";

const WIDTH = 820;
const ROW = 26;
const LEFT = 290;
const RIGHT = 60;
const TOP = 84;

/** A dot for each stage on a logarithmic axis of throughput, backup above restore; the leftmost is what limits. */
export function stagesPlot({ results, sourceMegabytes, machine }: StagesSection): string {
  const inGroups = results.toSorted((a, b) => (a.of === b.of ? 0 : a.of === "backup" ? -1 : 1));
  const rows = inGroups.map((stage) => ({ ...stage, speed: sourceMegabytes / median(stage.seconds) }));
  const speeds = rows.map(({ speed }) => speed);
  const bottom = TOP + ROW * rows.length;
  const scale = logScale(Math.min(...speeds), Math.max(...speeds), LEFT, WIDTH - RIGHT);
  const axis = scale.marks.flatMap((mark) => [
    line(scale.at(mark), TOP - 12, scale.at(mark), bottom - 8, "grid"),
    text(scale.at(mark), bottom + 12, `${mark}`, { class: "quiet", anchor: "middle" }),
  ]);
  const dots = rows.flatMap(({ name, of, whole, speed }, index) => {
    const y = TOP + ROW * index + 4;
    const colour = of === "backup" ? "c0" : "c1";
    return [
      text(LEFT - 14, y + 4, name, { anchor: "end", ...(whole === true && { class: `label ${colour}` }) }),
      line(scale.at(scale.marks[0]!), y, scale.at(speed), y, "grid"),
      dot(scale.at(speed), y, `dot ${colour}`),
      text(scale.at(speed) + 10, y + 4, speed.toFixed(0), { class: `label ${colour}` }),
    ];
  });
  const key = [
    text(16, 48, `${sourceMegabytes.toFixed(0)} MB on ${machine.cores} cores, each stage alone; farther right is faster`, {
      class: "quiet",
    }),
    text(WIDTH - RIGHT - 78, 48, "backup", { class: "label c0", anchor: "end" }),
    text(WIDTH - RIGHT, 48, "restore", { class: "label c1", anchor: "end" }),
    text((LEFT + WIDTH - RIGHT) / 2, bottom + 34, "MB of source a second (logarithmic)", { class: "quiet", anchor: "middle" }),
  ];
  return svg(WIDTH, bottom + 48, "Throughput by stage", [...key, ...axis, ...dots]);
}
