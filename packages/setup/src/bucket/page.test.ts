import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { bucketData, bucketPage } from "./page.ts";
import { type BucketWish, planBucket } from "./plan.ts";
import { ROLES } from "./roles.ts";

function wish(more: Partial<BucketWish> = {}): BucketWish {
  return {
    bucket: "acme",
    prefix: "it's web1/",
    roles: ROLES,
    principals: { writer: ["arn:aws:iam::123456789012:user/w"] },
    createOnly: false,
    listBucket: false,
    expireDays: 90,
    abortUploadsDays: 7,
    versioning: true,
    objectLockDays: 20,
    region: "eu-west-1",
    chainDays: 1,
    ...more,
  };
}

/** What a shell makes of a page whose programs print their arguments, NUL behind each. */
function argumentsOf(page: string): string[][] {
  const program = `show() { printf '%s\\0' "$@"; printf '\\n\\0'; }\naws() { show aws "$@"; }\nradosgw-admin() { show radosgw-admin "$@"; }\n`;
  const words = execFileSync("bash", ["-c", program + page])
    .toString()
    .split("\0")
    .slice(0, -1);
  const commands: string[][] = [[]];
  for (const word of words)
    if (word === "\n") commands.push([]);
    else commands.at(-1)!.push(word);
  return commands.slice(0, -1);
}

describe("the page of setup bucket", () => {
  it.each([wish(), wish({ endpoint: "http://127.0.0.1:7480", principals: {} })])(
    "is a script that runs the commands as they are meant",
    (given) => {
      const plan = planBucket(given);
      const { commands } = bucketData(plan) as { readonly commands: readonly (readonly string[])[] };
      expect(argumentsOf(bucketPage(plan))).toEqual(commands);
      for (const command of commands) {
        for (const word of command.filter((text) => text.startsWith("{")))
          expect(() => JSON.parse(word) as unknown).not.toThrow();
      }
    },
  );

  it("makes users before the policy that names them, and says what it replaces", () => {
    const page = bucketPage(planBucket(wish()));
    expect(page.indexOf("create-user")).toBeLessThan(page.indexOf("put-bucket-policy"));
    expect(page.match(/This replaces ALL/g)).toHaveLength(2);
    expect(page).toContain("--create-bucket-configuration LocationConstraint=eu-west-1 --object-lock-enabled-for-bucket");
  });

  it("shows the policies of the roles that are asked for", () => {
    const page = bucketPage(planBucket(wish({ roles: ["monitor"], principals: {} })));
    expect(page).toContain("doppel-it-s-web1-monitor");
    expect(page).not.toContain("s3:PutObject");
  });
});
