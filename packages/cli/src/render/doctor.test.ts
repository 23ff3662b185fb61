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

it("no line is wider than a terminal, and no command is broken", () => {
  const finding: Finding = {
    id: "a",
    level: "fail",
    title: "deleting a backup is possible, and much more than fits into a line of a terminal of 80 columns",
    detail: "a detail that goes on and on and on, to where the line ends, and from there on in the next one",
    remedy: "give this machine credentials of its own, with the policy of `doppel setup bucket URL --role writer`",
  };
  expect(doctorText("x", [finding], { coloured: false, withDetails: false })).toContain(`
FAIL  deleting a backup is possible, and much more than fits into a line of a
      terminal of 80 columns
      a detail that goes on and on and on, to where the line ends, and from
      there on in the next one
      -> give this machine credentials of its own, with the policy of
         \`doppel setup bucket URL --role writer\`
`);
});

it("says once what several in a row have in common", () => {
  const denied = { level: "skipped", detail: "cannot be seen" } as const;
  const findings: Finding[] = [
    { id: "a", title: "versioning", ...denied },
    { id: "b", title: "the lifecycle", ...denied },
    { id: "c", title: "a folder", level: "fail", remedy: "mount it" },
    { id: "d", title: "another", level: "fail", remedy: "leave it out" },
  ];
  expect(doctorText("x", findings, { coloured: false, withDetails: false })).toContain(`
-     versioning
-     the lifecycle
      cannot be seen
FAIL  a folder
      -> mount it
FAIL  another
      -> leave it out
`);
});
