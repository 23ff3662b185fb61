import type { Check, DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";
import { secretKeyFiles } from "./secret-key-files.ts";
import { secretKeysOfGpg } from "./secret-keyring.ts";

/** Whether a machine that only has to encrypt could also decrypt: whoever takes it over could then, too. */
export const secretKey: Check = async (context) => {
  const { encryption, machine } = context;
  const id = "no-secret-key";
  if (encryption.kind !== "keys") return [];
  if (machine.isToDecrypt) {
    const detail = "the profile names one, for restoring; where backups are made there is to be none";
    return [{ id, level: "skipped", title: "secret keys on this machine", detail }];
  }
  const keys = await usable(encryption.keys);
  if (keys.length === 0)
    return [
      {
        id,
        level: "skipped",
        title: "secret keys on this machine",
        detail: "no public key could be read to look for its secret half",
      },
    ];
  const fingerprints = keys.map(({ fingerprint }) => fingerprint);
  const inFiles = await secretKeyFiles(machine.keyFolders, fingerprints, context.runtime.clock.now());
  const inRings = await secretKeysOfGpg(keys, context);
  const remedy = (how: string): string =>
    `bring it to another machine first, prove there that it decrypts (\`doppel drill\`), then \`${how}\``;
  const findings: Finding[] = [
    ...inFiles.map(
      ({ path, fingerprint }): Finding => ({
        id,
        level: "fail",
        title: `the secret key of the backups is on this machine: ${path}`,
        detail: `${fingerprint}; whoever takes over this machine can read every backup if he learns the passphrase`,
        remedy: encryption.keys.some(({ file }) => file === path)
          ? "bring it to another machine, and leave here only what gpg --export gives there"
          : remedy(`shred -u ${path}`),
      }),
    ),
    ...inRings.found.map(
      ({ home, fingerprint, onCard }): Finding =>
        onCard
          ? {
              id,
              level: "warn",
              title: `gpg in ${home} uses a smartcard with the secret key of the backups`,
              detail: fingerprint,
              remedy: "take the card out of this machine",
            }
          : {
              id,
              level: "fail",
              title: `the secret key of the backups is in gpg's keyring in ${home}`,
              detail: `${fingerprint}; whoever takes over this machine can read every backup if he learns the passphrase`,
              remedy: remedy(`gpg --homedir ${home} --delete-secret-keys ${fingerprint}`),
            },
    ),
  ];
  if (inRings.unknown.length > 0) {
    findings.push({
      id,
      level: "warn",
      title: "not every keyring on this machine can be looked into",
      detail: inRings.unknown.join("; "),
      remedy: "run doctor as root, where gpg is installed",
    });
  }
  if (findings.length > 0) return findings;
  const looked = [...inRings.looked, ...machine.keyFolders];
  const more = looked.length > SHOWN ? ` and ${looked.length - SHOWN} more places` : "";
  const title = `no secret key of the backups found in ${looked.slice(0, SHOWN).join(", ")}${more}`;
  return [{ id, level: "pass", title, detail: `looked into ${looked.join(", ")}, and nowhere else` }];
};

/** Places that the title names; the detail names all. */
const SHOWN = 4;

async function usable(keys: Extract<DoctorContext["encryption"], { kind: "keys" }>["keys"]) {
  const found: { readonly fingerprint: string; readonly bytes: Uint8Array }[] = [];
  for (const each of keys) {
    // What is wrong with a key is the business of another check.
    const fingerprint = await each.recipient().then(
      (recipient) => recipient.fingerprint,
      () => undefined,
    );
    if (fingerprint !== undefined) found.push({ fingerprint, bytes: await each.bytes() });
  }
  return found;
}
