import type { Finding } from "@doppel/setup";
import { expect, it } from "vitest";
import { doctorText } from "./doctor.ts";

const FINDINGS: readonly Finding[] = [
  { id: "a", level: "pass", title: "well", detail: "why", remedy: "none" },
  { id: "b", level: "warn", title: "so \u001b[2Jso", detail: "because", remedy: "do this" },
  { id: "c", level: "fail", title: "bad", remedy: "do that" },
  { id: "d", level: "skipped", title: "not asked", detail: "not here" },
];

it("a line for each, what to do below, colours for a terminal only", () => {
  const plain = doctorText("s3://acme/web1", FINDINGS, { coloured: false, withDetails: false });
  expect(plain).toBe(`Backups at s3://acme/web1:
pass  well
WARN  so \\x1b[2Jso
      because
      -> do this
FAIL  bad
      -> do that
-     not asked
      not here

1 FAILED, 1 warning, 1 passed, 1 not looked at
`);
  const coloured = doctorText("x", FINDINGS, { coloured: true, withDetails: true });
  expect(coloured).toContain("\u001b[1;31mFAIL\u001b[0m  bad");
  expect(coloured).toContain("well\n      why\n");
});
