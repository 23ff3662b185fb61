import { describe, expect, it } from "vitest";
import type { PolicyDocument, PolicyStatement } from "./bucket-admin.ts";
import { samePolicy } from "./policy.ts";

const policy = (...Statement: readonly PolicyStatement[]): PolicyDocument => ({ Version: "2012-10-17", Statement });
const ONE: PolicyStatement = {
  Sid: "One",
  Effect: "Allow",
  Principal: { AWS: ["arn:aws:iam::1:user/b", "arn:aws:iam::1:user/a"] },
  Action: ["s3:PutObject", "s3:GetObject"],
  Resource: ["arn:aws:s3:::b/*"],
  Condition: { StringLike: { "s3:prefix": ["x/*"] } },
};

describe("a policy that a server gives back", () => {
  it("is the same when only its words are others", () => {
    const back = policy(
      { Effect: "Deny", Principal: { AWS: "*" }, Action: "s3:*", Resource: "r" },
      {
        ...ONE,
        Principal: { AWS: ["arn:aws:iam::1:user/a", "arn:aws:iam::1:user/b"] },
        Action: ["s3:GetObject", "s3:PutObject"],
        Resource: "arn:aws:s3:::b/*",
        Condition: { StringLike: { "s3:prefix": "x/*" } },
      },
    );
    expect(samePolicy(policy(ONE, { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "r" }), back)).toBe(true);
  });

  it.each<Partial<PolicyStatement>>([
    { Effect: "Deny" },
    { Action: ["s3:PutObject"] },
    { Principal: { AWS: "arn:aws:iam::1:user/a" } },
    { Condition: { StringLike: { "s3:prefix": "*" } } },
    { Condition: { StringNotLike: { "s3:prefix": "x/*" } } },
    { Resource: "arn:aws:s3:::b/x" },
  ])("is another when it says another thing: %j", (change) => {
    expect(samePolicy(policy(ONE), policy({ ...ONE, ...change }))).toBe(false);
  });
});
