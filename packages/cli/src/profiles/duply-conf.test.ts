import { expect, it } from "vitest";
import { parseDuplyConf } from "./duply-conf.ts";

it("a value that doubles itself line by line is not followed for ever", () => {
  const doubling = ["A=0123456789", ...Array(40).fill('A="$A$A"'), ...Array(40).fill("A+=$A"), "B=x"].join("\n");
  const { values, notUnderstood } = parseDuplyConf(doubling, {});
  expect(values.get("A")!.length).toBeLessThanOrEqual(1 << 17);
  expect(values.get("B")).toBe("x");
  expect(notUnderstood).toHaveLength(80 - 13);
});
