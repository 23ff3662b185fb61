/** A table. @param right columns, counted from 0, whose cells are numbers */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[], right: readonly number[]): string {
  const rule = head.map((_, column) => (right.includes(column) ? "---:" : "---"));
  return [head, rule, ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}
