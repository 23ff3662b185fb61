/** Just enough SVG for plots, readable on light and dark pages: colours are classes that follow the reader's scheme. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 }
  .quiet { fill: #57606a }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .c0 { --c: #0969da } .c1 { --c: #bc4c00 } .c2 { --c: #1a7f37 } .c3 { --c: #8250df }
  .line { fill: none; stroke: var(--c); stroke-width: 2.5 }
  .ideal { fill: none; stroke: #57606a; stroke-width: 1; stroke-dasharray: 4 4 }
  .dot { fill: var(--c) }
  .label { fill: var(--c) }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .grid { stroke: #30363d }
    .ideal { stroke: #9198a1 }
    .c0 { --c: #4493f8 } .c1 { --c: #f0883e } .c2 { --c: #3fb950 } .c3 { --c: #ab7df8 }
  }`;

/** A whole picture. @param title also for those who cannot see it */
export function svg(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}\n</style>`,
    text(16, 26, title, { class: "title" }),
    ...body,
    "</svg>\n",
  ].join("\n");
}

interface TextOptions {
  readonly class?: string;
  readonly anchor?: "start" | "middle" | "end";
}

export function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const classes = options.class === undefined ? "" : ` class="${options.class}"`;
  const anchor = options.anchor === undefined ? "" : ` text-anchor="${options.anchor}"`;
  return `<text x="${round(x)}" y="${round(y)}"${classes}${anchor}>${escape(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, classes: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${classes}"/>`;
}

export function polyline(points: readonly (readonly [number, number])[], classes: string): string {
  return `<polyline points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ")}" class="${classes}"/>`;
}

export function dot(x: number, y: number, classes: string): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="5" class="${classes}"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
