import type { BytePath, EntryType } from "@doppel/base";
import type { Rule } from "./rule.ts";
import type { Rules, Subject, UnmatchedRule } from "./rules.ts";
import { textOf } from "./text.ts";

/** Rules in their order of evaluation (command-line spec 6.2), and which of them have been of use. */
export class OrderedRules implements Rules {
  readonly #rules: readonly Rule[];
  readonly #markers: readonly string[];
  /** The rules that should match something and have not yet. */
  readonly #waiting: Set<Rule>;

  /** `markers` are the names of `--exclude-if-present`, as bytes. The root counts as something to match. */
  constructor(rules: readonly Rule[], markers: readonly string[], rootText: string) {
    this.#rules = rules;
    this.#markers = markers;
    this.#waiting = new Set(rules.filter((rule) => rule.expected));
    this.#evaluate(rootText, "dir", { dev: 0, rootDev: 0, mtime: 0 });
  }

  judge(full: BytePath, type: EntryType, subject: Subject): "include" | "exclude" | "scan" {
    return this.#evaluate(textOf(full), type, subject);
  }

  excludesDirectory(names: readonly string[]): boolean {
    return this.#markers.some((marker) => names.includes(marker));
  }

  unmatched(): readonly UnmatchedRule[] {
    return Array.from(this.#waiting, ({ pattern, kind, origin }) => ({ pattern, kind, origin }));
  }

  #evaluate(text: string, type: EntryType, subject: Subject): "include" | "exclude" | "scan" {
    const waiting = this.#waiting;
    let decided: "include" | "exclude" | undefined;
    let scan = false;
    for (const rule of this.#rules) {
      // Behind the decision a rule is asked only whether it, too, is about something that exists.
      if (decided !== undefined && !waiting.has(rule)) continue;
      const verdict = rule.verdict(text, type, subject);
      if (verdict === rule.kind) {
        waiting.delete(rule);
        decided ??= verdict;
      } else if (verdict === "scan" && decided === undefined) {
        scan = true;
      }
      if (decided !== undefined && waiting.size === 0) break;
    }
    if (decided === "include") return "include";
    if (scan) return "scan";
    return decided ?? "include";
  }
}
