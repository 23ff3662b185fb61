/** Just enough SVG for plots, readable on light and dark pages: colours are classes that follow the reader's scheme. */

interface Scheme {
  readonly text: string;
  readonly quiet: string;
  readonly grid: string;
  /** Of the classes `c0`, `c1`, ... */
  readonly series: readonly string[];
}

const LIGHT: Scheme = {
  text: "#24292f",
  quiet: "#57606a",
  grid: "#d0d7de",
  series: ["#0969da", "#bc4c00", "#1a7f37", "#8250df"],
};
const DARK: Scheme = { text: "#e6edf3", quiet: "#9198a1", grid: "#3d444d", series: ["#4493f8", "#f0883e", "#3fb950", "#ab7df8"] };

/** How many colours there are. */
export const COLOURS: number = LIGHT.series.length;

const STYLE = `
text { font: 13px system-ui, sans-serif }
.title { font-size: 16px; font-weight: 600 }
.grid { stroke-width: 1 }
.line { fill: none; stroke-width: 2.5 }
.ideal { fill: none; stroke-width: 1; stroke-dasharray: 4 4 }
${coloursOf(LIGHT)}
@media (prefers-color-scheme: dark) {
${coloursOf(DARK)}
}`;

/** Without variables of CSS, which many programs that draw SVG do not know. */
function coloursOf({ text, quiet, grid, series }: Scheme): string {
  return [
    `text { fill: ${text} }`,
    `.quiet { fill: ${quiet} }`,
    `.grid { stroke: ${grid} }`,
    `.ideal { stroke: ${quiet} }`,
    ...series.map(
      (colour, index) => `.line.c${index} { stroke: ${colour} } .dot.c${index}, .label.c${index} { fill: ${colour} }`,
    ),
  ].join("\n");
}

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
