import type { PolicyDocument, PolicyStatement } from "@doppel/storage";
import { describe, expect, it } from "vitest";
import { mergePolicy } from "./merge.ts";
import { policiesFor } from "./policies.ts";

const place = (prefix: string) => ({ bucket: "b", prefix, kind: "aws" }) as const;
const statements = (prefix: string, user = "a") =>
  policiesFor(place(prefix), "writer", [`arn:aws:iam::1:user/${user}`]).statements;
const FOREIGN = {
  Sid: "Other",
  Effect: "Deny",
  NotPrincipal: { AWS: "x" },
  NotResource: "y",
  Action: "s3:*",
} as unknown as PolicyStatement;
const is = (value: unknown) => ({ kind: "is", value: value as PolicyDocument }) as const;

describe("a bucket's policy", () => {
  it("that is not there is made", () => {
    const merged = mergePolicy({ kind: "absent" }, statements("web1/"), ["writer"], "web1/");
    expect(merged).toEqual({
      kind: "merged",
      policy: { Version: "2012-10-17", Statement: statements("web1/") },
      kept: 0,
      replaced: 0,
    });
  });

  it("keeps the statements of others word for word, and has ours once", () => {
    const old = { Version: "2012-10-17", Id: "acme", Statement: [FOREIGN, ...statements("web1/"), ...statements("web10/")] };
    const merged = mergePolicy(is(old), statements("web1/", "b"), ["writer"], "web1/");
    expect(merged).toMatchObject({ kind: "merged", kept: 4, replaced: 3 });
    if (merged.kind !== "merged") return;
    expect(merged.policy).toEqual({ ...old, Statement: [FOREIGN, ...statements("web10/"), ...statements("web1/", "b")] });
    expect(merged.policy.Statement[0]).toBe(FOREIGN);
  });

  it("keeps this server's other roles", () => {
    const { statements: keeper } = policiesFor(place("web1/"), "keeper", ["arn:aws:iam::1:user/k"]);
    const merged = mergePolicy(is({ Version: "2012-10-17", Statement: keeper }), statements("web1/"), ["writer"], "web1/");
    expect(merged).toMatchObject({ kind: "merged", kept: 3, replaced: 0 });
  });

  it("of one statement without brackets is one, too", () => {
    const merged = mergePolicy(is({ Version: "2012-10-17", Statement: FOREIGN }), [], ["writer"], "web1/");
    expect(merged).toMatchObject({ kind: "merged", policy: { Statement: [FOREIGN] } });
  });

  it.each<readonly [string, Parameters<typeof mergePolicy>[0], RegExp]>([
    ["cannot be read", { kind: "denied" }, /s3:GetBucketPolicy/],
    ["is unknown to the server", { kind: "unsupported" }, /no policies/],
    ["is in the older language", is({ Version: "2008-10-17", Statement: [FOREIGN] }), /"2008-10-17"/],
    ["has no version, which is the older language", is({ Statement: [FOREIGN] }), /2008-10-17/],
    ["has another form", is({ Version: "2012-10-17", Statement: ["what"] }), /not of a form/],
    ["has no statements", is({ Version: "2012-10-17" }), /not of a form/],
    ["is no object", is(null), /not of a form/],
    [
      "would become too large",
      is({ Version: "2012-10-17", Statement: [{ ...FOREIGN, Resource: "x".repeat(20_000) }] }),
      /20480 is what S3 takes/,
    ],
  ])("is not touched when it %s", (_, seen, why) => {
    expect(mergePolicy(seen, statements("web1/"), ["writer"], "web1/")).toEqual({
      kind: "impossible",
      why: expect.stringMatching(why),
    });
  });
});
