import type { BytePath } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { explanationData, explanationText, type Judged } from "./explanation.ts";

const path = (text: string): BytePath => text as BytePath;
const EXCLUDE = { kind: "exclude", pattern: "/srv/cache", origin: "/etc/doppel/files:3", order: 1 } as const;

function judged(explanation: Judged["explanation"], over: Partial<Judged> = {}): Judged {
  return { path: path("/srv/cache/a"), root: path("/srv"), explanation, holdsTarget: false, ...over };
}

describe("an explanation", () => {
  it("names the line of the list, and the folder whose fate a path shares", () => {
    const text = explanationText(judged({ stored: false, reason: "rules", at: path("cache"), rule: EXCLUDE }));
    expect(text).toBe(
      "/srv/cache/a is NOT backed up:\n  the folder /srv/cache is left out:\n  excluded by /etc/doppel/files:3: - /srv/cache\n",
    );
  });

  it("names an option by its place among the rules, and one without a value once", () => {
    const of = (origin: string, pattern: string) =>
      explanationText(
        judged({ stored: false, reason: "rules", at: path("cache/a"), rule: { ...EXCLUDE, origin, pattern, order: 4 } }),
      );
    expect(of("--exclude", "/srv/c\u001b*")).toContain("excluded by rule 4: --exclude /srv/c\\x1b*\n");
    expect(of("--exclude-older-than", "--exclude-older-than")).toContain("excluded by rule 4: --exclude-older-than\n");
  });

  it("says what would be, of nothing, and of the backups themselves", () => {
    const problem = { reason: "vanished", path: path("cache"), incomplete: true, detail: "gone" } as const;
    expect(explanationText(judged({ stored: false, reason: "problem", at: path("cache"), problem, byRules: "include" }))).toBe(
      "/srv/cache/a is NOT backed up:\n  /srv/cache: it does not exist now\nIf it were there, it would be backed up:\n  no rule is about it, and what no rule is about is backed up\n",
    );
    const folder = { stored: true, reason: "rules", at: path("cache"), isEmpty: true } as const;
    const text = explanationText(judged(folder, { path: path("/srv/cache"), holdsTarget: true }));
    expect(text).toMatch(/is backed up:\n {2}no rule .*\nNothing in this folder .*\nThe backups themselves lie there: /);
    expect(explanationText(judged(undefined))).toContain("it does not lie in /srv");
  });

  it("does not let a folder pass for whole of which only a part is backed up", () => {
    const rule = { ...EXCLUDE, kind: "include", pattern: "/srv/cache/a" } as const;
    const partial = judged(
      { stored: true, reason: "rules", at: path("cache"), rule, isEmpty: false, isPartial: true },
      { path: path("/srv/cache") },
    );
    expect(explanationText(partial)).toBe(`/srv/cache is backed up:
  it leads to what is included by /etc/doppel/files:3: + /srv/cache/a
Of what is in this folder, only what the rules include is backed up.
`);
    expect(explanationData(partial)).toMatchObject({ backedUp: true, partial: true });
    const root = judged({ stored: true, reason: "rules", at: path(""), isEmpty: false }, { path: path("/srv") });
    expect(explanationText(root)).toBe("/srv is backed up:\n  it is the source itself, which every backup has\n");
  });

  it("is the same for programs", () => {
    expect(explanationData(judged({ stored: false, reason: "rules", at: path("cache"), rule: EXCLUDE }))).toEqual({
      backedUp: false,
      reason: "rules",
      source: "/srv",
      decidedAt: "/srv/cache",
      rule: EXCLUDE,
    });
    expect(explanationData(judged(undefined))).toEqual({ backedUp: false, reason: "outside-source", source: "/srv" });
  });
});
