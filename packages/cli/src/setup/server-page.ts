import type { Installation } from "@doppel/setup";

/** All files as they would be, for `--print`; of those that are there and differ, the lines that change. */
export function plannedText(plan: readonly Installation[]): string {
  return plan.map((one) => `${heading(one)}\n${bodyOf(one)}`).join("\n");
}

function heading({ file, place, state }: Installation): string {
  const what = { new: "new", same: "as it is", different: file.adds ? "something is added" : "there, and different" }[state];
  return `# ${place} (mode ${file.mode.toString(8)}; ${what})`;
}

function bodyOf({ file, state, before }: Installation): string {
  if (file.secret) return "(credentials: not shown)\n";
  if (state !== "different" || before === undefined) return file.text;
  return `${changedLines(before.split("\n"), file.text.split("\n")).join("\n")}\n`;
}

/** Both texts as one, `-` before lines that go and `+` before those that come: the longest common subsequence stays. */
export function changedLines(before: readonly string[], after: readonly string[]): readonly string[] {
  const rows = before.length + 1;
  const columns = after.length + 1;
  const common = new Uint32Array(rows * columns);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i * columns + j] =
        before[i] === after[j]
          ? common[(i + 1) * columns + j + 1]! + 1
          : Math.max(common[(i + 1) * columns + j]!, common[i * columns + j + 1]!);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(` ${before[i++]}`);
      j++;
    } else if (j >= after.length || (i < before.length && common[(i + 1) * columns + j]! >= common[i * columns + j + 1]!))
      lines.push(`-${before[i++]}`);
    else lines.push(`+${after[j++]}`);
  }
  return lines;
}

/** For programs. What is secret has no text. */
export function installationData(plan: readonly Installation[]): readonly object[] {
  return plan.map(({ file, place, state }) => ({
    path: file.path,
    place,
    mode: file.mode.toString(8),
    state,
    ...(file.secret ? { secret: true } : { text: file.text }),
  }));
}
