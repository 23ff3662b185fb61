import Table from "cli-table3";

/** A table without borders, to be read by people and by `awk`: its lines, the first of which are the headings. */
export function tableLines(
  head: readonly string[],
  aligned: readonly ("left" | "right")[],
  rows: readonly (readonly (string | number)[])[],
): readonly string[] {
  const table = new Table({
    head: [...head],
    chars: PLAIN,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 3 },
    colAligns: [...aligned],
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replace(/ +$/gm, "").split("\n");
}

const PLAIN = Object.fromEntries(
  ["top", "bottom", "left", "mid", "right"].flatMap((side) =>
    [side, `${side}-mid`, `${side}-left`, `${side}-right`, "middle"].map((name) => [name, ""]),
  ),
);
