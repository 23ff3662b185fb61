import { type BytePath, DoppelError, type ErrorCode, isDoppelError, pathFromText } from "@doppel/base";
import {
  backup as makeBackup,
  type BackupDeps,
  type BackupJob,
  checkBackup,
  receiptSigner,
  removeTemporaries,
} from "@doppel/engine/internal";
import { readReceiptKeyFile } from "../key-files.ts";
import { archiveDirOf, folderOf, tempDirOf, urlText } from "../locations.ts";
import { pasteable } from "../pasteable.ts";
import { s3PlaceOptions } from "../s3-settings.ts";
import { argument, type Command, outcomeOf, type Session } from "../session.ts";
import { backupJob, envelopeOf, keysOf, openTarget, verifierForBackup, withoutSecret } from "../wire.ts";
import { warningOfTargetInside } from "../target-in-source.ts";

/** `doppel backup SOURCE URL` */
export const backup: Command = (session) => run(session, "auto");

/** `doppel full SOURCE URL` */
export const full: Command = (session) => run(session, "full");

/** `doppel incremental SOURCE URL` */
export const incremental: Command = (session) => run(session, "inc");

async function run(session: Session, kind: BackupJob["kind"]) {
  const { invocation, environment, runtime, renderer } = session;
  const { settings, rules } = invocation;
  const url = argument(invocation, "URL");
  const started = runtime.clock.now();
  const options = { kind, now: started, countTotals: session.showsProgress, isStock: session.texts !== "doppel" };
  const job = backupJob(argument(invocation, "SOURCE"), settings, rules, options);
  checkBackup(job);
  const tempDir = tempDirOf(settings, environment);
  await removeTemporaries(tempDir, runtime.maker);
  const envelope = await envelopeOf({ ...session, settings });
  await using storage = await openTarget(url, "write", session);
  const archiveDir = archiveDirOf(url, settings, environment);
  const folder = folderOf(url, environment);
  const detail = folder && warningOfTargetInside(job, folder);
  if (detail) runtime.emit({ type: "notice", reason: "source", incomplete: false, detail });
  const signer = signerOf(settings["receipt-key"], runtime);
  const keys = keysOf({ ...session, settings });
  const verifier = verifierForBackup({ ...session, settings });
  try {
    const read = { ...(keys && { keys }), ...(verifier && { verifier }) };
    const report = await makeBackup(job, { storage, envelope, archiveDir, tempDir, ...read, ...signer }, runtime);
    const seconds = (runtime.clock.now().getTime() - started.getTime()) / 1000;
    renderer.result({ kind: "backup", report, seconds, restoreWith: restoreLine(session, url) });
    return outcomeOf(report.incomplete);
  } catch (error) {
    throw kind === "full" ? error : sayingWhatFor(error, archiveDir, session.program);
  } finally {
    await keys?.close();
  }
}

/** Who signs the receipt; read before anything is made. @throws receipt.bad-key */
function signerOf(file: BytePath | undefined, { emit }: Session["runtime"]): Pick<BackupDeps, "receiptSigner"> {
  if (file === undefined) return {};
  const warn = (detail: string): void => emit({ type: "notice", reason: "key", incomplete: false, detail });
  return { receiptSigner: receiptSigner(readReceiptKeyFile(file, "private", warn)) };
}

/** To be pasted; keys and passphrases are the reader's business, and one that stands in the URL is not shown. */
function restoreLine({ program, invocation: { settings }, profile }: Session, url: BytePath): string {
  if (profile !== undefined) return `${program} restore @${profile.name} TARGET`;
  const options = s3PlaceOptions(settings, urlText(url)).map((option) => pasteable(pathFromText(option)));
  return [program, "restore", ...options, ...(url.startsWith("-") ? ["--"] : []), pasteable(withoutSecret(url)), "TARGET"].join(
    " ",
  );
}

/** On a machine with the public key only, the missing secret is not what is wrong: the archive directory is. */
function sayingWhatFor(error: unknown, archiveDir: string, program: string): unknown {
  if (!isDoppelError(error, "openpgp.no-secret-key") && !isDoppelError(error, "openpgp.passphrase-needed")) return error;
  const why = `an increment needs it because ${archiveDir} does not hold the chain's metadata`;
  const message = `${error.message}; ${why}: bring that folder back, or begin a new chain with ${program} full`;
  return new DoppelError<ErrorCode>(error.code, message, error.data, error);
}
