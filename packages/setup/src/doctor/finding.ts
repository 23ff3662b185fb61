/** What a check found; for people and, by `id`, for programs. */
export interface Finding {
  /** Which question it answers, in words with dashes; those about one thing of several have it behind a colon. */
  readonly id: string;
  /** `skipped`: not looked at, and `detail` says why. */
  readonly level: "pass" | "warn" | "fail" | "skipped";
  /** One line without its end. */
  readonly title: string;
  readonly detail?: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** How many there are of each, and what a program that says so exits with: 1 something failed, 3 warnings only. */
export interface Verdict {
  readonly counts: Readonly<Record<Finding["level"], number>>;
  readonly exit: 0 | 1 | 3;
}

export function verdictOf(findings: readonly Finding[]): Verdict {
  const count = (level: Finding["level"]): number => findings.filter((finding) => finding.level === level).length;
  const counts = { pass: count("pass"), warn: count("warn"), fail: count("fail"), skipped: count("skipped") };
  return { counts, exit: counts.fail > 0 ? 1 : counts.warn > 0 ? 3 : 0 };
}
