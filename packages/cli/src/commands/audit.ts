import { audit as auditTarget, receiptPublicKey } from "@doppel/engine/internal";
import { readReceiptKeyFile } from "../key-files.ts";
import type { Runtime } from "@doppel/base";
import { archiveDirOf } from "../locations.ts";
import { auditData, auditText } from "../render/audit.ts";
import { argument, type Command } from "../session.ts";
import { openTarget, prefixesOf, random } from "../wire.ts";

/** Objects that are read at a time. */
const PARALLEL = 4;
const SAMPLE = { kind: "objects", count: 10 } as const;

/** `doppel audit URL`: 0 all is as the receipts say, 1 something is not, 3 some of it cannot be told. */
export const audit: Command = async (session) => {
  const { invocation, environment, runtime, renderer } = session;
  const { settings } = invocation;
  const file = settings["receipt-key"];
  const pem = file === undefined ? session.profile?.receiptKey : readReceiptKeyFile(file, "public");
  const url = argument(invocation, "URL");
  await using storage = await openTarget(url, "read", session);
  const seed = settings["sample-seed"] ?? Buffer.from(random.bytes(4)).readUInt32LE();
  const job = {
    prefixes: prefixesOf(settings),
    sample: settings.sample ?? SAMPLE,
    seed,
    parallel: PARALLEL,
    ...(pem !== undefined && { publicKey: receiptPublicKey(pem) }),
  };
  const deps = { storage, archiveDir: archiveDirOf(url, settings, environment) };
  const report = await auditTarget(job, deps, settings["log-format"] === "json" ? withoutProgress(runtime) : runtime);
  renderer.result({ kind: "page", name: "audit", text: auditText(report), data: auditData(report) });
  return { exit: report.problems > 0 ? 1 : report.warnings > 0 ? 3 : 0 };
};

/** Programs get one object, the outcome, and before it only what is unusual. */
function withoutProgress(runtime: Runtime): Runtime {
  const usual = ["progress", "run.started", "run.finished"];
  return { ...runtime, emit: (event) => (usual.includes(event.type) ? undefined : runtime.emit(event)) };
}
