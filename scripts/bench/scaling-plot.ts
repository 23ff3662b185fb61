import type { ScalingPoint, ScalingSection } from "./results.ts";
import { linearScale } from "./scales.ts";
import { median } from "./statistics.ts";
import { COLOURS, dot, line, polyline, svg, text } from "./svg.ts";

const WIDTH = 820;
const HEIGHT = 400;
const PLOT = { left: 70, right: 640, top: 70, bottom: 340 };
/** From the axis to the first points. */
const MARGIN = 60;
/** Labels at the ends of lines keep this distance. */
const LABEL = 18;

/** Throughput over the number of cores, as many threads as cores; dashed what each would reach if cores were all. */
export function scalingPlot({ results, sourceMegabytes }: ScalingSection): string {
  const speed = ({ seconds }: ScalingPoint): number => sourceMegabytes / median(seconds);
  const names = [...new Set(results.map(({ what }) => what))];
  const series = names.map((name, index) => ({
    name,
    colour: `c${index % COLOURS}`,
    points: results
      .filter(({ what, threads, cores }) => what === name && threads === cores)
      .sort((a, b) => a.cores - b.cores)
      .map((point) => ({ cores: point.cores, speed: speed(point) })),
  }));
  const counts = [...new Set(results.map(({ cores }) => cores))].sort((a, b) => a - b);
  const most = counts.at(-1) ?? 1;
  const ideal = series.map(({ points }) => (points[0]?.speed ?? 0) * most);
  const y = linearScale(Math.max(...results.map(speed), ...ideal), PLOT.bottom, PLOT.top);
  const least = counts[0] ?? 1;
  const x = (cores: number): number =>
    PLOT.left + MARGIN + ((PLOT.right - PLOT.left - MARGIN) * (cores - least)) / Math.max(1, most - least);
  const axes = [
    ...y.marks.flatMap((mark) => [
      line(PLOT.left, y.at(mark), PLOT.right, y.at(mark), "grid"),
      text(PLOT.left - 10, y.at(mark) + 4, `${mark}`, { class: "quiet", anchor: "end" }),
    ]),
    ...counts.map((count) => text(x(count), PLOT.bottom + 22, `${count}`, { class: "quiet", anchor: "middle" })),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 46, "cores (as many threads)", { class: "quiet", anchor: "middle" }),
    text(16, 48, "MB of source a second; dashed: if twice the cores were twice the speed", { class: "quiet" }),
  ];
  const places = apart(series.map(({ points }) => y.at(points.at(-1)?.speed ?? 0)));
  const lines = series.flatMap(({ name, colour, points }, index) => {
    const at = points.map((point) => [x(point.cores), y.at(point.speed)] as const);
    const first = points[0];
    if (first === undefined) return [];
    const dashed = [[x(first.cores), y.at(first.speed)] as const, [x(most), y.at((first.speed / first.cores) * most)] as const];
    return [
      polyline(dashed, "ideal"),
      polyline(at, `line ${colour}`),
      ...at.map(([cx, cy]) => dot(cx, cy, `dot ${colour}`)),
      text(PLOT.right + 14, places[index]! + 4, `${name}: ${points.at(-1)!.speed.toFixed(0)}`, { class: `label ${colour}` }),
    ];
  });
  return svg(WIDTH, HEIGHT, "Scaling by cores", [...axes, ...lines]);
}

/** Heights of labels, moved down where they would lie upon each other. */
export function apart(heights: readonly number[]): readonly number[] {
  const placed = [...heights];
  const order = heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]!);
  for (let rank = 1; rank < order.length; rank++) {
    const [above, here] = [order[rank - 1]!, order[rank]!];
    placed[here] = Math.max(placed[here]!, placed[above]! + LABEL);
  }
  return placed;
}
