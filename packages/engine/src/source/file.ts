import { errnoOf } from "@doppel/base";
import { type FileContent, openContent, type SourceEntry, TreeProblemError } from "@doppel/tree";
import type { SourceNotice } from "../workers/protocol.ts";

/** A source file with the size it will be stored with, whatever happens to it from now on. */
export interface FileToStore {
  readonly size: number;
  /** Fills `part` completely: with content, and with zeros once the file has no more. */
  fill(part: Uint8Array): void;
  /** After the last `fill`: what to tell about this file, if anything. */
  outcome(): SourceNotice | undefined;
  close(): void;
}

/** Files up to this size are read before their header is written, so that the size stored is the size read. */
export const SMALL = 1 << 20;
const scratch = Buffer.allocUnsafeSlow(SMALL + 1);

type Notify = (notice: SourceNotice) => void;

/** Opens (and for a small file reads) the content; a file that cannot be is noticed and undefined is returned. */
export function openFile(entry: SourceEntry, notice: Notify): FileToStore | undefined {
  let content: FileContent | undefined;
  try {
    content = openContent(entry);
    return content.size <= SMALL ? wholeFile(entry, content) : streamedFile(entry, content);
  } catch (error) {
    content?.close();
    tellWhy(entry, error, notice);
    return undefined;
  }
}

/**
 * Reads a file to the start of `into`. A size of all of `into` means that there may be more. A file that cannot be read is
 * noticed and undefined is returned; what else there is to tell about it is the outcome.
 */
export function readSmall(
  entry: SourceEntry,
  into: Uint8Array,
  notice: Notify,
): { readonly size: number; readonly outcome: SourceNotice | undefined } | undefined {
  let content: FileContent | undefined;
  try {
    content = openContent(entry);
    const size = readWhole(content, into);
    const state = content.state(size);
    return { size, outcome: state === "same" ? undefined : changedNotice(entry, state, size) };
  } catch (error) {
    tellWhy(entry, error, notice);
    return undefined;
  } finally {
    content?.close();
  }
}

function tellWhy(entry: SourceEntry, error: unknown, notice: Notify): void {
  if (error instanceof TreeProblemError) notice(error.problem);
  else {
    const detail = `cannot be read (${errnoOf(error) ?? String(error)})`;
    notice({ reason: "unreadable", incomplete: true, path: entry.path, detail });
  }
}

/** As much as there is, or fits. */
function readWhole(content: FileContent, into: Uint8Array): number {
  let length = 0;
  while (length < into.length) {
    const count = content.read(length === 0 ? into : into.subarray(length));
    length += count;
    // Less than was asked for, and just the size that it has: `state` will tell should there be more by now.
    if (count === 0 || length === content.size) break;
  }
  return length;
}

function wholeFile(entry: SourceEntry, content: FileContent): FileToStore {
  const length = readWhole(content, scratch);
  // Longer than the limit by now: keep what it had when it was opened.
  const size = length > SMALL ? content.size : length;
  const state = content.state(length);
  let at = 0;
  return {
    size,
    fill(part) {
      part.set(scratch.subarray(at, at + part.length));
      at += part.length;
    },
    outcome: () => (state === "same" ? undefined : changedNotice(entry, state, size)),
    close: () => content.close(),
  };
}

function streamedFile(entry: SourceEntry, content: FileContent): FileToStore {
  let bytesRead = 0;
  let failure: string | undefined;
  let ended = false;
  const read = (part: Uint8Array): number => {
    try {
      return content.read(part);
    } catch (error) {
      failure = errnoOf(error) ?? String(error);
      return 0;
    }
  };
  return {
    size: content.size,
    fill(part) {
      let at = 0;
      while (at < part.length && !ended) {
        const count = read(part.subarray(at));
        if (count === 0) ended = true;
        at += count;
      }
      bytesRead += at;
      part.fill(0, at);
    },
    outcome() {
      if (failure) {
        const detail = `could be read only up to byte ${bytesRead} (${failure}); the rest is stored as zeros`;
        return { reason: "unreadable", incomplete: true, path: entry.path, detail };
      }
      const state = content.state(bytesRead);
      return state === "same" ? undefined : changedNotice(entry, state, content.size);
    },
    close: () => content.close(),
  };
}

const WORDS = {
  changed: () => "changed while it was read; it is stored as it was read and may be a mix of old and new",
  shrank: (size: number) => `became shorter while it was read; it is stored with ${size} bytes`,
  grew: (size: number) => `became longer while it was read; its first ${size} bytes are stored`,
} as const;

function changedNotice(entry: SourceEntry, state: keyof typeof WORDS, size: number): SourceNotice {
  return { reason: state, incomplete: true, path: entry.path, detail: WORDS[state](size) };
}
