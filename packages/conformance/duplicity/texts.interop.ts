import { describeInterop } from "@doppel/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comparable } from "./comparable.ts";
import { LINE_DIFFERENCES, type LineDifference } from "./differences.ts";
import { TEXTS } from "./texts.ts";
import { twins, type Who, World } from "./twins.ts";
import { titleOf, wordsOf } from "./usages.ts";

describeInterop(["duplicity"], "duplicity prints, byte for byte, what stock prints", () => {
  const world = new World();
  const used = new Set<LineDifference>();
  beforeAll(() => world.prepare());
  afterAll(() => world[Symbol.dispose]());

  describe.concurrent("on its streams and in its log", () => {
    it.each(TEXTS.map((usage) => [titleOf(usage), usage] as const))("%s", async (title, { line, script, env }) => {
      const seen = await twins(world, wordsOf(line), script, env);
      expect(seen.doppel.code).toBe(seen.stock.code);
      for (const stream of ["out", "err"] as const) {
        const lines = (who: Who): readonly string[] => reconciled(comparable(seen[who][stream]).split("\n"), who, title);
        expect(lines("doppel")).toEqual(lines("stock"));
      }
      const stanzas = (who: Who): readonly (readonly string[])[] => reconciledLog(comparable(seen[who].log), who, title);
      expect(stanzas("doppel")).toEqual(stanzas("stock"));
    });
  });

  it("lists no difference that is gone", () => {
    expect(LINE_DIFFERENCES.filter((difference) => !used.has(difference))).toEqual([]);
  });

  /** Lines of either, so that only what is not listed is left to differ. */
  function reconciled(lines: readonly string[], who: Who, title: string): readonly string[] {
    return lines.flatMap((line) => {
      const difference = LINE_DIFFERENCES.find(
        (listed) => (listed.titles === undefined || listed.titles.includes(title)) && isThat(line, listed[who]),
      );
      if (difference === undefined) return [line];
      used.add(difference);
      const { stock, doppel } = difference;
      return stock === undefined || typeof doppel !== "string" ? [] : [doppel];
    });
  }

  /** The same for stanzas, of which one that is left without text is dropped. */
  function reconciledLog(log: string, who: Who, title: string): readonly (readonly string[])[] {
    return log.split("\n\n").flatMap((stanza) => {
      const lines = stanza.split("\n");
      const head = lines.filter((line) => !line.startsWith(". "));
      const text = lines.filter((line) => line.startsWith(". ")).map((line) => line.slice(2));
      const left = reconciled(text, who, title);
      return text.length > 0 && left.length === 0 ? [] : [[...head, ...left]];
    });
  }
});

function isThat(line: string, listed: string | RegExp | undefined): boolean {
  return typeof listed === "string" ? listed === line : listed !== undefined && listed.test(line);
}
