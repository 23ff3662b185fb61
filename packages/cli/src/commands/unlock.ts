import { type BytePath, displayPath, DoppelError } from "@doppel/base";
import { lockOfKeyFile, lockOfTarget } from "../agent/check-passphrase.ts";
import { forgetInAgent } from "../agent/client.ts";
import { holdInAgent } from "../agent/start.ts";
import { localTime } from "../render/times.ts";
import { argument, type Command, type Session } from "../session.ts";
import { openTarget, prefixesOf, withoutSecret } from "../wire.ts";

/** `doppel unlock URL`: the passphrase is checked, and kept by this user's agent for a while. */
export const unlock: Command = async (session) => {
  const { invocation, environment, runtime, renderer, passphrases } = session;
  const { settings } = invocation;
  const url = argument(invocation, "URL");
  const label = labelOf(session, url);
  const say = (text: string, data: object): void =>
    renderer.result({ kind: "page", name: "unlock", text: `${text}\n`, data: { target: label, ...data } });
  const lockOf = settings["secret-key"] === undefined ? await atTarget(session, url) : lockOfKeyFile(settings["secret-key"]);
  if (lockOf.kind === "gpg") {
    const keys = lockOf.keys.join(", ");
    say(
      `${label} is encrypted to key ${keys}, which is in no key file (--secret-key): gpg's agent or a card has it, asks for its ` +
        "passphrase and keeps that itself (default-cache-ttl in gpg-agent.conf); doppel keeps nothing",
      { kept: false, keys: lockOf.keys },
    );
    return "complete";
  }
  if (lockOf.kind === "none") {
    const message = `nothing is kept for ${label}: ${lockOf.why}, so that a passphrase could not be checked`;
    throw new DoppelError("collection.empty", message, { target: label });
  }
  const passphrase = await passphrases.forReading(lockOf.what);
  if (passphrase === undefined) {
    const message = `no passphrase for ${lockOf.what}: run it in a terminal, or give it with --passphrase-fd or --passphrase-file`;
    throw new DoppelError("openpgp.passphrase-needed", message, { what: label });
  }
  if (!(await lockOf.open(passphrase))) {
    say(`${lockOf.what} has no passphrase: whoever has the file can read the backups; nothing is kept`, { kept: false });
    return "complete";
  }
  const until = await holdInAgent(url, { label, passphrase, ms: settings.for * 1000 }, environment);
  const times = localTime(until);
  say(`the passphrase for ${label} is right; it is kept in memory until ${times}, or until doppel lock`, {
    kept: true,
    until: until.toISOString(),
  });
  return "complete";

  async function atTarget({ invocation }: Session, url: BytePath) {
    await using storage = await openTarget(url, "read", session);
    return lockOfTarget(storage, prefixesOf(invocation.settings), runtime.clock.now(), runtime.signal);
  }
};

/** `doppel lock [URL]` */
export const lock: Command = async (session) => {
  const { invocation, environment, renderer } = session;
  const [url] = invocation.positionals;
  const forgotten = await forgetInAgent(url, environment);
  const text = forgotten.length === 0 ? "no passphrase was kept" : `forgotten: ${forgotten.join(", ")}`;
  renderer.result({ kind: "page", name: "lock", text: `${text}\n`, data: { forgotten } });
  return "complete";
};

function labelOf({ profile }: Session, url: BytePath): string {
  return profile === undefined ? displayPath(withoutSecret(url)) : `@${profile.name}`;
}
