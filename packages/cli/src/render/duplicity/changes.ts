import type { BytePath } from "@doppel/base";
import type { Change, FileChange, SetId } from "@doppel/engine/internal";
import type { ChangesSize } from "../renderer.ts";
import { asctime } from "../times.ts";
import { typeOf } from "./collection.ts";

const RULER = "-".repeat(25);
const KIND = "Type of file change:";

/** `collection-status --file-changed PATH` (cli spec 4.4). Bytes, one char each. */
export function fileChangedText(path: BytePath, changes: readonly FileChange[]): string {
  const rows = changes.map(({ set, kind }) => row(typeOf(set.kind), asctime(set.end), capital(kind)));
  const head = row("Type of backup set:", "Time:", KIND);
  return [RULER, `File: ${path}`, `Total number of backup: ${changes.length}`, head, ...rows, RULER].join("\n");
}

function row(type: string, time: string, kind: string): string {
  return `${type.padStart(20)}   ${time.padStart(30)}  ${kind.padStart(20)}`;
}

function capital(word: string): string {
  return `${word[0]!.toUpperCase()}${word.slice(1)}`;
}

/** What stands before the rows of `collection-status --show-changes-in-set N`. */
export function changesHead({ end }: SetId, size: ChangesSize): string {
  const head = [RULER, ` Backup set time: ${asctime(end)}`, `Total number of changes: ${size.count}`];
  return [...head, `${"File:".padEnd(size.longest)}  ${KIND}`].join("\n");
}

export function changeRow({ path, kind }: Change, size: ChangesSize): string {
  return `${path.padEnd(size.longest)}  ${kind.padStart(KIND.length)}`;
}

export const CHANGES_END = RULER;
