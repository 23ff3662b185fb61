import { randomBytes } from "node:crypto";
import { lstatSync } from "node:fs";
import { displayPath, pathToBytes } from "@doppel/base";
import { loadRsync } from "@doppel/rsync";
import { OwnerNames, type SourceEntry, walkTree } from "@doppel/tree";
import { BasisFile } from "../read/basis.ts";
import type { SourceMessage, SourceWorkerInput } from "../workers/protocol.ts";
import { Batcher, type Outlet, Stopped } from "./batcher.ts";
import { Refused } from "./cut-file.ts";
import { FedEntries } from "./fed.ts";
import { openFile } from "./file.ts";
import { FolderTally } from "./folder-tally.ts";
import { keepStored } from "./keep-stored.ts";
import { rulesOf } from "./rules.ts";
import { SignatureMaker } from "./signatures.ts";
import { storeEntry } from "./store-entry.ts";
import { storeIncrement } from "./increment.ts";
import { OldState } from "./old-state.ts";
import { UnreadablePaths } from "./unreadable-paths.ts";

/** How the worker reaches the conductor. */
export interface Conductor {
  readonly post: (message: SourceMessage, transfer?: ArrayBuffer[]) => void;
  readonly takeBack: Outlet["takeBack"];
}

/** The worker's whole work: walk, select, read once, tar blocks, signatures; in batches to the conductor. */
export async function readSource(input: SourceWorkerInput, { post, takeBack }: Conductor): Promise<void> {
  const rsync = await loadRsync();
  const folders = input.receiptFolders === undefined ? undefined : new FolderTally(input.receiptFolders);
  const batcher = new Batcher(input.control, { send: post, takeBack }, folders);
  const rules = rulesOf(input);
  const owners = OwnerNames.system();
  const fed = input.feed && new FedEntries(input.feed, input.control);
  const context = {
    batcher,
    rsync,
    open: fed ? (entry: SourceEntry) => fed.open(entry) : openFile,
    onDisk: fed === undefined,
    signatures: new SignatureMaker(rsync, batcher, input.maxBlockBytes, () => spoolOf(input)),
    volumeBytes: input.volumeBytes,
  };
  const unreadable = input.base && new UnreadablePaths();
  const walked =
    fed ??
    walkTree(input.source, {
      rules,
      owners,
      copyLinks: input.copyLinks,
      onProblem(problem) {
        if (problem.reason === "unreadable") unreadable?.add(problem.path);
        batcher.notice(problem);
      },
    });
  if (!fed) tellOfLink(input, batcher);
  const old = input.base && new OldState(input.base, input.signatureWindowBytes);
  try {
    const kept = input.resume && (await keepStored(input.resume, batcher, old));
    const entries = kept ? kept.rest(walked) : walked;
    if (input.resume?.complete)
      for (const _ of entries); // they are counted
    else if (old && unreadable)
      await storeIncrement(entries, old, { ...context, owners, unreadable, ...(kept && { resuming: kept.resuming }) });
    else
      for (const entry of entries) storeEntry(entry, context, kept?.resuming.path === entry.path ? kept.resuming.cut : undefined);
    for (const { pattern, origin, kind } of rules.unmatched()) {
      const missing = kind === "include";
      const detail = `${origin}: ${pattern} matches nothing${missing ? "; nothing of it is in this backup" : ""}`;
      batcher.notice({ reason: "rule-matched-nothing", incomplete: missing, detail });
    }
    batcher.flush(true);
  } catch (error) {
    if (error instanceof Refused) post({ kind: "refused", reason: error.message });
    else if (!(error instanceof Stopped)) throw error;
  } finally {
    await old?.close();
  }
}

/** For what is not known to fit into memory. */
function spoolOf({ spool }: SourceWorkerInput): BasisFile {
  if (!spool) throw new Error("this source has no streams");
  const { tempDir, mark } = spool;
  const maker = mark === undefined ? undefined : { mark, isGone: () => false };
  return new BasisFile(tempDir, { bytes: randomBytes }, maker);
}

/** Hardly anybody means to back up a link: where a folder was moved and linked to, the backup would be empty and look well. */
function tellOfLink({ source, copyLinks }: SourceWorkerInput, batcher: Batcher): void {
  if (copyLinks || !lstatSync(pathToBytes(source), { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const detail = `${displayPath(source)} is a symbolic link, and only the link is stored; name what it points to, or give --copy-links`;
  batcher.notice({ reason: "source", incomplete: true, detail });
}
