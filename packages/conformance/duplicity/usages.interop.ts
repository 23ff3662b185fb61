import { describeInterop } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { USAGE_DIFFERENCES } from "./differences.ts";
import { type Seen, twins, World } from "./twins.ts";
import { titleOf, USAGES, wordsOf } from "./usages.ts";

describeInterop(["duplicity", "gpg"], "duplicity exits, and says something on the same streams, as stock does", () => {
  const world = new World();
  beforeAll(() => world.prepare());
  afterAll(() => world[Symbol.dispose]());

  it.concurrent.each(USAGES.map((usage) => [titleOf(usage), usage] as const))("%s", async (title, { line, script, env }) => {
    const { stock, doppel } = await twins(world, wordsOf(line), script, env);
    const seen = { stock: summary(stock), doppel: summary(doppel) };
    const listed = USAGE_DIFFERENCES.find((difference) => difference.usage === title);
    if (listed === undefined) expect(seen.doppel, `${doppel.out}\n${doppel.err}\n--- stock:\n${stock.err}`).toBe(seen.stock);
    else expect(seen, "what is listed in differences.ts").toEqual({ stock: listed.stock, doppel: listed.doppel });
  });

  it("lists no difference twice, and none of a usage that is not tried", () => {
    const titles = USAGES.map(titleOf);
    const listed = USAGE_DIFFERENCES.map(({ usage }) => usage);
    expect(listed.filter((usage, index) => !titles.includes(usage) || listed.indexOf(usage) !== index)).toEqual([]);
  });
});

/** `0 out`, `23 out err`: the exit code, and the streams that got anything. */
function summary({ code, out, err }: Seen): string {
  return [String(code), ...(out === "" ? [] : ["out"]), ...(err === "" ? [] : ["err"])].join(" ");
}
