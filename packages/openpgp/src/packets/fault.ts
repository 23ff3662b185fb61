import { DoppelError } from "@doppel/base";

/** Why a message could not be read: the values of `data.reason` of `openpgp.bad-message`. */
export type MessageFault =
  | "not-openpgp" //  no OpenPGP message at all
  | "truncated" //    ends before its time
  | "mdc" //          the integrity check failed: changed, or damaged
  | "framing" //      packets or armor that contradict themselves
  | "compression" //  the compressed data does not decompress
  | "unsupported" //  a feature that stock duplicity's gpg does not read either, or that is unsafe here
  | "two-messages" // something follows that is a message of its own
  | "text-mode" //    line ends may have been converted: not the bytes that were stored
  | "nested" //       packets in packets beyond what any program writes
  | "empty"; //       a message without data

const NEXT = "fetch the file again, or restore from another copy";

/** The one way to refuse a message; `what` completes the sentence "the encrypted file …". */
export function badMessage(reason: MessageFault, what: string, cause?: unknown): DoppelError<"openpgp.bad-message"> {
  return new DoppelError("openpgp.bad-message", `the encrypted file ${what}; ${NEXT}`, { reason }, cause);
}
