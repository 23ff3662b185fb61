import { closeSync, writeSync } from "node:fs";
import { DoppelError, errnoOf } from "@doppel/base";
import { inGroups, isTypedAgain, judgePassphrase, makePassphrase } from "@doppel/setup";
import type { Session } from "../session.ts";

/** How a new key is locked. */
export interface NewPassphrase {
  readonly passphrase: string;
  /** Made here, or brought by the user. */
  readonly made: boolean;
}

/**
 * The passphrase of a new key: the user's (`--passphrase-file`, `--passphrase-fd`, PASSPHRASE), or one that is made and shown once:
 * on the terminal, where it has to be typed again, or on `--show-passphrase-fd`. It is written nowhere else.
 * @throws cli.usage when it would be lost, and for one that is too weak; openpgp.wrong-passphrase when it is not typed again
 */
export async function newPassphrase(session: Session): Promise<NewPassphrase> {
  const { passphrases, runtime, invocation, ask } = session;
  const given = passphrases.given();
  if (given !== undefined) {
    const judgement = judgePassphrase(given);
    if ("refused" in judgement) throw new DoppelError("cli.usage", judgement.refused, { option: "--passphrase-file" });
    const { advice } = judgement;
    if (advice !== undefined) runtime.emit({ type: "notice", reason: "key", incomplete: false, detail: advice });
    return { passphrase: given, made: false };
  }
  const passphrase = makePassphrase(runtime.random);
  const descriptor = invocation.settings["show-passphrase-fd"];
  if (descriptor !== undefined) writeTo(descriptor, passphrase);
  else await showOnce(passphrase, ask);
  return { passphrase, made: true };
}

async function showOnce(passphrase: string, ask: Session["ask"]): Promise<void> {
  const shown = `
The passphrase of the new key, shown this once and written nowhere:

    ${inGroups(passphrase)}

Put it into a password manager, or on paper; the blanks do not belong to it. Without it nobody can read the backups.
Type it again, so that it cannot be lost: `;
  for (let attempt = 1; attempt <= 3; attempt++) {
    const typed = await ask(attempt === 1 ? shown : "That is not it. Again: ");
    if (typed === undefined) throw attempt === 1 ? nobody() : notTyped();
    if (isTypedAgain(passphrase, typed)) return;
  }
  throw notTyped();
}

function writeTo(descriptor: number, passphrase: string): void {
  try {
    writeSync(descriptor, `${passphrase}\n`);
    if (descriptor > 2) closeSync(descriptor);
  } catch (error) {
    const message = `--show-passphrase-fd ${descriptor} cannot be written to (${errnoOf(error) ?? "unknown error"}): no key was made`;
    throw new DoppelError("cli.usage", message, { option: "--show-passphrase-fd" }, error);
  }
}

function nobody(): DoppelError<"cli.usage"> {
  const message =
    "there is nobody to show the passphrase to: run it in a terminal, or give one with --passphrase-file or --passphrase-fd, or have it written to --show-passphrase-fd N";
  return new DoppelError("cli.usage", message, { option: "--show-passphrase-fd" });
}

function notTyped(): DoppelError<"openpgp.wrong-passphrase"> {
  const message = "the passphrase was not typed again: no key was made, and that passphrase is good for nothing; run it again";
  return new DoppelError("openpgp.wrong-passphrase", message, { what: "new key" });
}
