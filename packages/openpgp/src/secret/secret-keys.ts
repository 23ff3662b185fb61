import type { SessionKey } from "../packets/session-key.ts";
import type { KeyPackets } from "../read/envelope.ts";

/** Somebody who can open messages: gpg and its agent, a key file, a passphrase. */
export interface SecretKeys {
  /**
   * The session key of one message. Calls are served one after another, and the same packets are opened once.
   * @throws DoppelError openpgp.no-secret-key, .wrong-passphrase, .passphrase-needed, .gpg-failed, .bad-message; and
   * what `signal` gives as reason.
   */
  sessionKey(packets: KeyPackets, signal?: AbortSignal): Promise<SessionKey>;
  /** Forgets keys and passphrases. */
  close(): Promise<void>;
  /** The user named this one (a key file): when nothing opens a message, why this one did not is what he wants to hear. */
  readonly named?: true;
}

/** Remembered session keys: a message is opened twice when it is authenticated first and read then. */
const REMEMBERED = 16;

/** Makes SecretKeys of a function: one call at a time, results cached by the bytes of the session-key packets. */
export function serialised(
  open: (packets: KeyPackets, signal: AbortSignal | undefined) => Promise<SessionKey>,
  close: () => Promise<void> = async () => undefined,
): SecretKeys {
  const known = new Map<string, SessionKey>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    sessionKey(packets, signal) {
      const name = Buffer.from(packets.bytes).toString("latin1");
      const answer = last.then(async () => {
        signal?.throwIfAborted();
        const session = known.get(name) ?? (await open(packets, signal));
        known.set(name, session);
        const [oldest] = known.keys();
        if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
        return session;
      });
      last = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      known.clear();
      await close();
    },
  };
}
