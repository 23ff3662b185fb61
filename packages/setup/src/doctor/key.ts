import { displayText, DoppelError } from "@doppel/base";
import { encryptSessionKey, inspectKey, newSessionKey, type Recipient } from "@doppel/openpgp";
import type { Check, DoctorContext, Encryption, PublicKey } from "./context.ts";
import type { Finding } from "./finding.ts";

const DAY_MS = 86_400_000;
/** Time to make a new key, bring it to every server and prove it. */
const SOON_DAYS = 90;

/** Whether backups can be encrypted to the keys, now and for some time, and whether these are the right ones. */
export const key: Check = async (context) => {
  const { encryption } = context;
  const id = "key";
  switch (encryption.kind) {
    case "unknown":
      return [{ id, level: "skipped", title: "the public key", detail: "none was named: doppel doctor @NAME, or --encrypt-key" }];
    case "none":
      return [
        {
          id,
          level: "warn",
          title: "backups are not encrypted: whoever can read the target reads them",
          remedy: "`doppel setup key`, and --encrypt-key",
        },
      ];
    case "passphrase":
      return [
        {
          id,
          level: "warn",
          title: "backups are encrypted with a passphrase, which this machine has to know",
          detail: "whoever takes over this machine reads all its backups, also those of what has been deleted here",
          remedy: "`doppel setup key` on another machine, and only the public key here (--encrypt-key)",
        },
      ];
    case "keys":
      return (await Promise.all(encryption.keys.map((each) => ofKey(each, encryption, context)))).flat();
  }
};

async function ofKey(
  key: PublicKey,
  { pinned }: Extract<Encryption, { kind: "keys" }>,
  { runtime }: DoctorContext,
): Promise<readonly Finding[]> {
  const shown = displayText(key.query);
  let recipient: Recipient;
  try {
    recipient = await key.recipient();
    await encryptSessionKey(newSessionKey(runtime.random), [recipient], undefined);
  } catch (error) {
    if (!(error instanceof DoppelError)) throw error;
    const remedy = "backups fail with it: put the right public key there (`doppel setup key` makes one)";
    return [{ id: "key", level: "fail", title: `nothing can be encrypted to ${shown}`, detail: error.message, remedy }];
  }
  const { fingerprint, keyId, userId } = recipient;
  const facts = await inspectKey(await key.bytes(), runtime.clock.now());
  const used = facts.encryption.find((part) => part.keyId === keyId);
  const name = `${fingerprint} (${displayText(userId)})`;
  return [
    {
      id: "key",
      level: "pass",
      title: `a message was encrypted to ${name}`,
      detail: `${used?.algorithm ?? "its subkey"}, key ${keyId}`,
    },
    expiryOf([facts.primary.expires, used?.expires], runtime.clock.now()),
    strengthOf(facts.weaknesses),
    pinning(key, fingerprint, pinned),
  ];
}

function strengthOf(weaknesses: Awaited<ReturnType<typeof inspectKey>>["weaknesses"]): Finding {
  const id = "key-strength";
  const [worst, ...others] = weaknesses.toSorted((a, b) => Number(b.severity === "fail") - Number(a.severity === "fail"));
  if (worst === undefined) return { id, level: "pass", title: "the key is not weak" };
  const detail = others.map(({ text }) => text).join("; ");
  const remedy = "`doppel setup key` makes a new one";
  return { id, level: worst.severity, title: worst.text, ...(detail !== "" && { detail }), remedy };
}

function expiryOf(dates: readonly (Date | undefined)[], now: Date): Finding {
  const id = "key-expiry";
  const times = dates.flatMap((date) => date?.getTime() ?? []);
  if (times.length === 0) return { id, level: "pass", title: "the key does not expire" };
  const first = Math.min(...times);
  const date = new Date(first).toISOString().slice(0, 10);
  const days = Math.floor((first - now.getTime()) / DAY_MS);
  if (days >= SOON_DAYS) return { id, level: "pass", title: `the key expires on ${date}` };
  const remedy = "gpg --quick-set-expire where the secret key is, and the public key here anew; backups fail from that day on";
  return { id, level: "warn", title: `the key expires on ${date}, in ${days} day${days === 1 ? "" : "s"}`, remedy };
}

function pinning({ query, file }: PublicKey, fingerprint: string, pinned: readonly string[]): Finding {
  const id = "key-pinned";
  if (pinned.includes(fingerprint)) return { id, level: "pass", title: "its fingerprint is the pinned one" };
  if (pinned.length > 0) {
    const remedy = "nothing is encrypted to it; find out who has replaced the key before putting the right one back";
    return {
      id,
      level: "fail",
      title: "its fingerprint is not the pinned one",
      detail: `${fingerprint}; pinned: ${pinned.join(", ")}`,
      remedy,
    };
  }
  if (query.replace(/\s/g, "").toUpperCase() === fingerprint)
    return { id, level: "pass", title: "the key is named by its fingerprint" };
  const what = file === undefined ? "the keyring" : "the key file";
  const title = `no fingerprint is pinned: whoever can change ${what} reads every later backup`;
  return { id, level: "warn", title, remedy: `fingerprint: ${fingerprint} in the profile` };
}
