/** Where values lie on an axis, and where its marks are. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly marks: readonly number[];
}

const STEPS = [1, 2, 5];

/** From 0 to at least `largest`, in about five round steps, on pixels `from` to `to`. */
export function linearScale(largest: number, from: number, to: number): Scale {
  const rough = largest / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [...STEPS, 10].find((factor) => factor * magnitude >= rough)! * magnitude;
  const count = Math.ceil(largest / step);
  const marks = Array.from({ length: count + 1 }, (_, index) => index * step);
  return { at: (value) => from + ((to - from) * value) / (count * step), marks };
}

/** Logarithmic, from a round value below `smallest` to one above `largest`. */
export function logScale(smallest: number, largest: number, from: number, to: number): Scale {
  const marks: number[] = [];
  for (let magnitude = 10 ** Math.floor(Math.log10(smallest)); ; magnitude *= 10) {
    for (const factor of STEPS) {
      const mark = factor * magnitude;
      if (mark <= smallest) marks.length = 0; // the largest mark that is not above
      marks.push(mark);
      if (mark < largest) continue;
      const [low, high] = [Math.log(marks[0]!), Math.log(mark)];
      return { at: (value) => from + ((to - from) * (Math.log(value) - low)) / (high - low), marks };
    }
  }
}
