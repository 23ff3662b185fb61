import { RestoreObjectCommand } from "@aws-sdk/client-s3";
import type { ThawOptions } from "../storage.ts";
import { address, type Bucket } from "./bucket.ts";
import { codeOf } from "./errors.ts";

const TIERS = { standard: "Standard", bulk: "Bulk", expedited: "Expedited" } as const;

/** Asks for readable copies of archived objects, which the server makes within hours. @throws storage.denied, … */
export async function thawObjects(bucket: Bucket, names: readonly string[], { tier, days }: ThawOptions, signal?: AbortSignal) {
  for (const name of names) {
    try {
      await bucket.sender.send({
        operation: "thaw",
        action: "s3:RestoreObject",
        name,
        signal,
        run: (client, options) => {
          const RestoreRequest = { Days: days, GlacierJobParameters: { Tier: TIERS[tier] } };
          return client.send(new RestoreObjectCommand({ ...address(bucket, name), RestoreRequest }), options);
        },
      });
    } catch (error) {
      if (!isNothingToDo((error as { cause?: unknown }).cause)) throw error;
    }
  }
}

/** It is under way already, or the object is not archived. */
function isNothingToDo(cause: unknown): boolean {
  const code = codeOf(cause);
  return code === "RestoreAlreadyInProgress" || code === "InvalidObjectState" || code === "ObjectAlreadyInActiveTierError";
}
