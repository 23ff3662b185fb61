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
const WHOLE_READ_LIMIT = 1 << 20;
const scratch = Buffer.allocUnsafeSlow(WHOLE_READ_LIMIT + 1);

/** Opens (and for a small file reads) the content; a file that cannot be is noticed and undefined is returned. */
export function openFile(entry: SourceEntry, notice: (notice: SourceNotice) => void): FileToStore | undefined {
  let content: FileContent | undefined;
  try {
    content = openContent(entry);
    return content.size <= WHOLE_READ_LIMIT ? wholeFile(entry, content) : streamedFile(entry, content);
  } catch (error) {
    content?.close();
    if (error instanceof TreeProblemError) notice(error.problem);
    else
      notice({
        reason: "unreadable",
        incomplete: true,
        path: entry.path,
        detail: `cannot be read (${errnoOf(error) ?? String(error)})`,
      });
    return undefined;
  }
}

function wholeFile(entry: SourceEntry, content: FileContent): FileToStore {
  let length = 0;
  while (length < scratch.length) {
    const count = content.read(scratch.subarray(length));
    if (count === 0) break;
    length += count;
  }
  // Longer than the limit by now: keep what it had when it was opened.
  const size = length > WHOLE_READ_LIMIT ? content.size : length;
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
