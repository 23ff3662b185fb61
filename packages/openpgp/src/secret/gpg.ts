import { concatBytes, DoppelError } from "@doppel/base";
import { gpgFailure } from "../gpg-failure.ts";
import { type GpgOptions, type GpgResult, startGpg } from "../gpg-process.ts";
import { asSessionKey, type SessionKey } from "../packets/session-key.ts";
import type { KeyPackets } from "../read/envelope.ts";
import { fits } from "./fits.ts";
import { keyNames, NAME_KEY_FILE } from "./passphrase.ts";
import { type SecretKeys, serialised } from "./secret-keys.ts";

/**
 * Opens messages through gpg and its agent: keys in its keyring, on smartcards, and passphrases. gpg only ever sees the
 * session-key packets and the first bytes of the data; it tells the session key and the bulk is deciphered here. Works
 * with gpg 2.2 and 2.4. Without `passphrase` the agent asks through its pinentry.
 */
export function secretKeysFromGpg(options: GpgOptions): SecretKeys {
  return serialised((packets, signal) => askGpg(packets, options, signal));
}

async function askGpg(packets: KeyPackets, options: GpgOptions, signal: AbortSignal | undefined): Promise<SessionKey> {
  const gpg = startGpg(["--show-session-key", "--decrypt"], options, "open the backup");
  const stop = (): void => gpg.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await gpg.write(concatBytes([packets.bytes, packets.firstEncryptedBytes]));
    gpg.end();
    const result = await gpg.result;
    signal?.throwIfAborted();
    // gpg ends with an error in any case, because the data is cut off; the session key is what counts.
    const session = sessionKeyIn(result.status);
    if (session && (await fits(session, packets))) return session;
    throw explain(result, packets, options, session !== undefined);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function sessionKeyIn(status: readonly string[]): SessionKey | undefined {
  const found = status.map((line) => /^SESSION_KEY (\d+):([0-9A-F]+)$/i.exec(line)).find((match) => match !== null);
  return found ? asSessionKey(Number(found[1]), Buffer.from(found[2]!, "hex")) : undefined;
}

function explain(result: GpgResult, packets: KeyPackets, options: GpgOptions, gotKey: boolean): DoppelError {
  const { recipients, symmetric } = packets;
  const names = keyNames(recipients);
  const what = recipients.length > 0 ? names : "the backup";
  const given = options.passphrase !== undefined;
  const wrong = (hint: string): DoppelError =>
    new DoppelError("openpgp.wrong-passphrase", `gpg says that the passphrase for ${what} is wrong; ${hint}`, { what });
  switch (gpgFailure(result.status)) {
    case "wrong-passphrase":
      return wrong(given ? "check PASSPHRASE" : "enter it again");
    case "cancelled":
      return failed(`the passphrase prompt for ${what} was cancelled; run it again and enter the passphrase`, "cancelled");
    case "no-prompt": {
      const message = `gpg's agent could not ask for the passphrase of ${what} (${result.complaint}); set PASSPHRASE, or GPG_TTY=$(tty) for its prompt`;
      return new DoppelError("openpgp.passphrase-needed", message, { what });
    }
    case "no-agent":
      return failed(`gpg cannot reach its agent (${result.complaint}); check GNUPGHOME, try gpg-connect-agent /bye`, "agent");
    case "no-secret-key":
    case "unknown":
      break;
  }
  // A wrong passphrase of a message without encrypted key gives gpg a wrong session key, and no error of its own.
  if (symmetric && (gotKey || given)) return wrong("check PASSPHRASE");
  if (recipients.length === 0)
    return failed(`gpg could not open the backup: ${result.complaint || `exit status ${result.exitCode}`}`, result.complaint);
  // gpg tries all its keys on a hidden recipient and does not tell which failed for a wrong passphrase.
  const hidden = recipients.some((id) => /^0+$/.test(id)) ? ", or the passphrase for it is wrong" : "";
  const message = `gpg has no secret key to open the backup, which is encrypted to ${names}${hidden}; import the key with gpg --import, or ${NAME_KEY_FILE}`;
  return new DoppelError("openpgp.no-secret-key", message, { keyIds: recipients });
}

function failed(message: string, detail: string): DoppelError {
  return new DoppelError("openpgp.gpg-failed", message, { operation: "decrypt", detail });
}
