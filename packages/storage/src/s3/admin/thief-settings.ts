import { PutBucketLifecycleConfigurationCommand, PutBucketPolicyCommand, PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import type { Reached } from "../reach.ts";
import type { Attempt, AttemptResult } from "./bucket-admin.ts";
import { withBody, withMd5 } from "./middleware.ts";
import { checksPermissionsFirst } from "./s3-bucket-admin.ts";
import type { Answer, Try } from "./thief.ts";

/**
 * Documents that break off in the middle: no parser takes one for something else, and what there is of them is about nothing but a
 * name that nobody has. So nothing can change, whatever the credentials admit.
 */
const BROKEN = {
  lifecycle: "<LifecycleConfiguration><Rule><ID>doppel-canary</ID><Filter><Prefix>doppel-canary-",
  policy: '{"Version":"2012-10-17","Statement":[{"Sid":"DoppelCanary","Effect":"Deny","Action":',
  versioning: "<VersioningConfiguration><Status>doppel-canary",
} as const;

/** Whether settings may be changed, found out without changing one: who is admitted is told that the document is no good. */
export async function forbiddenChanges(reached: Reached, attempt: Try): Promise<readonly AttemptResult[]> {
  const { bucket: Bucket } = reached.location;
  const lifecycle = await attempt(
    { operation: "change the lifecycle of", action: "s3:PutLifecycleConfiguration" },
    (client, sending) =>
      client.send(
        withMd5(
          withBody(
            new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [NO_RULE] } }),
            BROKEN.lifecycle,
          ),
        ),
        sending,
      ),
  );
  const policy = await attempt({ operation: "change the policy of", action: "s3:PutBucketPolicy" }, (client, sending) =>
    client.send(withMd5(new PutBucketPolicyCommand({ Bucket, Policy: BROKEN.policy })), sending),
  );
  const versioning = await attempt(
    { operation: "change the versioning of", action: "s3:PutBucketVersioning" },
    (client, sending) =>
      client.send(
        withMd5(
          withBody(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: NO_STATUS } }), BROKEN.versioning),
        ),
        sending,
      ),
  );
  return [
    judge("change the lifecycle", lifecycle, reached),
    judge("change the policy", policy, reached),
    judge("change versioning", versioning, reached),
  ];
}

/** What the SDK would write, were its text not replaced: refused as well. */
const NO_STATUS = "doppel-canary" as "Enabled";
const NO_RULE = { ID: "doppel-canary", Status: NO_STATUS, Filter: { Prefix: "doppel-canary-" } };

export function judge(attempt: Attempt, answer: Answer<unknown>, reached: Pick<Reached, "software">): AttemptResult {
  if (answer.kind === "refused") return { attempt, result: "refused", detail: "a change is refused" };
  if (answer.kind === "done") {
    const detail = "the server took a document that is none: look at this setting now";
    return { attempt, result: "succeeded", detail };
  }
  const { status, said } = answer;
  if (status === 405 || status === 501)
    return { attempt, result: "refused", detail: `the server has no such setting (${status})` };
  if (status !== 400) return { attempt, result: "unknown", detail: `the server says neither yes nor no: ${said}` };
  if (checksPermissionsFirst(reached)) {
    return {
      attempt,
      result: "succeeded",
      detail: `a change is admitted: only the document, broken on purpose, was refused (${status})`,
    };
  }
  // AWS says of itself that permissions come first, not that this holds for documents it cannot read; of others nothing is known.
  const detail = `the server refused the broken document (${status}), and may have read it before it looked at permissions: see what the credentials' policies allow`;
  return { attempt, result: "unknown", detail };
}
