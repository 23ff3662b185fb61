import { RestoreObjectCommand } from "@aws-sdk/client-s3";
import { DoppelError } from "@doppel/base";
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
      const { cause } = error as { cause?: unknown };
      if (isNothingToDo(cause)) continue;
      throw tier === "expedited" && NOT_EXPEDITED.has(codeOf(cause)) ? tooFast(bucket, name, cause) : error;
    }
  }
}

/** The storage class does not know that tier, or there is no capacity for it now. */
const NOT_EXPEDITED = new Set(["InvalidArgument", "GlacierExpeditedRetrievalNotAvailable"]);

function tooFast({ name: bucket }: Bucket, name: string, cause: unknown): DoppelError {
  const message = `cannot thaw ${name} in S3 bucket ${bucket}: --thaw expedited is not to be had for it (${codeOf(cause)}), and never for DEEP_ARCHIVE; use --thaw standard or --thaw bulk`;
  return new DoppelError("storage.refused", message, { operation: "thaw", reason: codeOf(cause) }, cause);
}

/** It is under way already, or the object is not archived. */
function isNothingToDo(cause: unknown): boolean {
  const code = codeOf(cause);
  return code === "RestoreAlreadyInProgress" || code === "InvalidObjectState" || code === "ObjectAlreadyInActiveTierError";
}
