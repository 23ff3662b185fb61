import { describe, expect, it } from "vitest";
import { placeStatements, policiesFor, type PolicyPlace } from "./policies.ts";
import { ROLES } from "./roles.ts";

const AWS: PolicyPlace = { bucket: "acme-backups", prefix: "web-1/", kind: "aws" };
const CEPH: PolicyPlace = { ...AWS, kind: "other" };
const USER = "arn:aws:iam::123456789012:user/doppel-web-1-writer";

/** All actions that a document allows. */
const allowed = (place: PolicyPlace, role: (typeof ROLES)[number]): string[] =>
  policiesFor(place, role)
    .identity.Statement.filter(({ Effect }) => Effect === "Allow")
    .flatMap(({ Action = [] }) => Action)
    .sort();

describe("policies", () => {
  it("give the writer seven actions, and nobody but the keeper a deletion", () => {
    expect(allowed(AWS, "writer")).toEqual([
      "s3:AbortMultipartUpload",
      "s3:GetBucketLocation",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:ListBucketMultipartUploads",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]);
    for (const role of ROLES) {
      const actions = allowed(AWS, role);
      expect(actions.includes("s3:DeleteObject"), role).toBe(role === "keeper");
      expect(actions.includes("s3:PutObject"), role).toBe(role === "writer");
      expect(actions.filter((action) => /\*|DeleteObjectVersion|PutBucket|PutLifecycle|Policy|Acl/.test(action))).toEqual([]);
    }
  });

  it.each(ROLES)(
    "of the %s reach no object outside the prefix, and no listing but the restorer's, which stock duplicity needs",
    (role) => {
      for (const { Action, Resource, Condition } of policiesFor(AWS, role).identity.Statement) {
        const actions = [Action ?? []].flat();
        const limited = role === "restorer" ? undefined : { StringLike: { "s3:prefix": "web-1/*" } };
        if (actions.includes("s3:ListBucket")) expect(Condition).toEqual(limited);
        const isAboutBucket = actions.every((action) => /Bucket|LifecycleConfiguration/.test(action));
        expect(Resource).toBe(isAboutBucket ? "arn:aws:s3:::acme-backups" : "arn:aws:s3:::acme-backups/web-1/*");
      }
    },
  );

  it("need no condition where the whole bucket is the server's, nor where all names may be seen", () => {
    const conditions = (place: PolicyPlace, listBucket: boolean) =>
      policiesFor(place, "monitor", [], { listBucket }).identity.Statement.filter(({ Condition }) => Condition !== undefined);
    expect(conditions({ ...AWS, prefix: "" }, false)).toEqual([]);
    expect(conditions(AWS, true)).toEqual([]);
    expect(conditions(AWS, false)).toHaveLength(1);
  });

  it("create-only: deny a PutObject without If-None-Match, but not the parts of an upload", () => {
    const { identity, statements } = policiesFor(AWS, "writer", [USER], { createOnly: true });
    for (const { Statement } of [identity, { Statement: statements }]) {
      const deny = Statement.find(({ Sid }) => Sid?.includes("NeverOverwrite"));
      expect(deny).toMatchObject({
        Effect: "Deny",
        Action: "s3:PutObject",
        Condition: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
      });
    }
    expect(statements.find(({ Sid }) => Sid?.includes("NothingElse"))?.NotAction).toHaveLength(7);
    expect(() => policiesFor(CEPH, "writer", [], { createOnly: true })).toThrow(/--create-only needs AWS/);
    expect(policiesFor(AWS, "monitor", [USER], { createOnly: true }).statements).toEqual(
      policiesFor(AWS, "monitor", [USER]).statements,
    );
  });

  it("at Ceph's gateway deny what comes with owning an object, and let the bucket's owner read", () => {
    const { statements } = policiesFor(CEPH, "writer", [USER]);
    const deny = statements.find(({ Effect }) => Effect === "Deny");
    expect(deny?.Action).toContain("s3:DeleteObjectVersion");
    const owner = ["arn:aws:iam:::user/admin"];
    expect(placeStatements(CEPH, { owner })).toMatchObject([{ Effect: "Allow", Principal: { AWS: owner[0] } }]);
    expect(placeStatements(CEPH, {})).toEqual([]);
  });

  it("name the partition of the region", () => {
    const [first] = policiesFor({ ...AWS, region: "cn-north-1" }, "writer").identity.Statement;
    expect(first!.Resource).toBe("arn:aws-cn:s3:::acme-backups");
  });

  it("fit into what IAM takes for one user: 2,048 characters without blanks", () => {
    const place = { ...AWS, bucket: "b".repeat(63), prefix: `${"server.example.org-".repeat(4)}/` };
    for (const role of ROLES) {
      const options = { createOnly: role === "writer" };
      expect(JSON.stringify(policiesFor(place, role, [], options).identity).length, role).toBeLessThan(2048);
    }
  });

  it.each(["a*/", "a?/", "a${b}/", 'a"/', "ä/", "a\nb/"])("cannot be limited to %j, and say so", (prefix) => {
    expect(() => policiesFor({ ...AWS, prefix }, "writer")).toThrow(/no policy can be limited to the prefix/);
  });
});
