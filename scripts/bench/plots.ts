import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Results } from "./results.ts";
import { scalingPlot } from "./scaling-plot.ts";
import { stagesPlot } from "./stages-plot.ts";

const FOLDER = join(import.meta.dirname, "plots");

/** Draws what there are figures for. Returns the paths of what was drawn. */
export function drawPlots({ stages, scaling }: Results): readonly string[] {
  const drawn: string[] = [];
  const draw = (name: string, picture: string): void => {
    const path = join(FOLDER, name);
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, picture);
    drawn.push(path);
  };
  if (stages !== undefined) draw("stages.svg", stagesPlot(stages));
  if (scaling !== undefined) draw("scaling.svg", scalingPlot(scaling));
  return drawn;
}
