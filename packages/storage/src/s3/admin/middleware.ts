import { createHash } from "node:crypto";
import type { PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";

/** A request of the SDK's, as far as this is concerned. */
interface Built {
  readonly headers: Record<string, string>;
  body?: unknown;
}

type Stack = PutObjectCommand["middlewareStack"];
type Command = { readonly middlewareStack: unknown };

/**
 * The command, sent with Content-MD5: servers from before 2025 want it for settings, and for objects under a default retention, and
 * the SDK has stopped sending it. Bodies must be text or bytes.
 */
export function withMd5<C extends Command>(command: C): C {
  return changed(command, "md5", (request) => {
    const { body } = request;
    if (typeof body === "string" || body instanceof Uint8Array) {
      request.headers["content-md5"] = createHash("md5").update(body).digest("base64");
    }
  });
}

/** The command with another body than the SDK would write. */
export function withBody<C extends Command>(command: C, body: string): C {
  return changed(command, "body", (request) => {
    request.body = body;
    request.headers["content-length"] = String(Buffer.byteLength(body));
  });
}

function changed<C extends Command>(command: C, name: string, change: (request: Built) => void): C {
  const stack = command.middlewareStack as Stack | UploadPartCommand["middlewareStack"];
  (stack as Stack).add(
    (next) => async (args) => {
      change(args.request as Built);
      return next(args);
    },
    // Before anything is computed of the body.
    { step: "build", priority: "high", name: `doppel-${name}` },
  );
  return command;
}
