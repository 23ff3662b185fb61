export { type ByteStream, collectBytes, concatBytes, type Payload, payloadOf } from "./bytes.ts";
export type { EntryType, PathEntry } from "./entry.ts";
export { DoppelError, type ErrorCode, type ErrorData, errnoOf, isDoppelError, type KeyProblem } from "./errors.ts";
export type { DeviceNumbers, NoticeReason, Ownership, RunEvent, RunKind, TreeDifference } from "./events.ts";
export { type Maker, markIn, temporaryName } from "./maker.ts";
export { nearest } from "./nearest.ts";
export {
  type BytePath,
  comparePaths,
  displayPath,
  displayText,
  isWithin,
  joinPath,
  pathFromBytes,
  pathFromText,
  pathToBytes,
  ROOT,
} from "./path.ts";
export type { Runtime } from "./runtime.ts";
