/** As much XML as S3 speaks. */

/** An element with text, or with elements that are written already. */
export function element(name: string, content: string | number | boolean | readonly string[]): string {
  return `<${name}>${Array.isArray(content) ? content.join("") : escapeText(String(content))}</${name}>`;
}

/** A document. `namespace` as in all answers that are not errors. */
export function xml(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

/** The root element of an answer. */
export function result(name: string, content: readonly string[]): string {
  return xml(`<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content.join("")}</${name}>`);
}

/** Control characters become references, which XML 1.0 forbids and S3 sends: `encoding-type=url` is the way out. */
function escapeText(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[&<>"\x00-\x1f]/g, (char) => {
    const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[char];
    return named ?? `&#x${char.charCodeAt(0).toString(16)};`;
  });
}

/** The contents of every element `name`, unparsed, in order. For requests, whose elements nest without repeating a name. */
export function elements(document: string, name: string): string[] {
  return [...document.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g"))].map((match) => match[1] ?? "");
}

/** The text of the first element `name`, or undefined. */
export function textOf(document: string, name: string): string | undefined {
  const content = elements(document, name)[0];
  if (content === undefined) return undefined;
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return content.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return named[name] ?? whole;
  });
}
