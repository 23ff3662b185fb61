import type { RunResult } from "@doppel/testkit";

interface Finding {
  readonly id: string;
  readonly level: "pass" | "warn" | "fail" | "skipped";
  readonly title: string;
  readonly detail?: string;
  readonly remedy?: string;
}

/** What `doppel doctor --json` said. */
export interface Examined {
  readonly code: number;
  readonly findings: readonly Finding[];
  /** Titles of what is at these levels. */
  readonly titles: (...levels: readonly Finding["level"][]) => readonly string[];
  /** The only finding of that id. */
  readonly one: (id: string) => Finding;
}

/** @throws Error when it was no result, with all that was said */
export function examined({
  code,
  stdout,
  stderr,
}: Pick<RunResult, "code"> & { readonly stdout: Buffer | string; readonly stderr: Buffer | string }): Examined {
  const last = stdout.toString().trim().split("\n").at(-1) ?? "";
  const result = last.startsWith("{") ? JSON.parse(last) : {};
  if (result.kind !== "doctor") throw new Error(`no findings (exit ${code}):\n${stdout.toString()}\n${stderr.toString()}`);
  const findings: readonly Finding[] = result.findings;
  return {
    code,
    findings,
    titles: (...levels) => findings.filter(({ level }) => levels.includes(level)).map(({ title }) => title),
    one(id) {
      const found = findings.filter((finding) => finding.id === id);
      if (found.length !== 1) throw new Error(`${found.length} findings of ${id} in ${JSON.stringify(findings, null, 1)}`);
      return found[0]!;
    },
  };
}
