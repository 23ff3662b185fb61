import { createHash } from "node:crypto";
import type { BackupJob, Envelope } from "../job.ts";

/**
 * Equal for runs that store the same of the same source in the same way, so that one can go on where the other stopped. Rules by
 * age are compared without the age: it is told from now.
 */
export function sameJob(job: BackupJob, envelope: Envelope): string {
  const { source, selection, filelists, nullSeparator, copyLinks, volumeBytes, hostname, prefixes } = job;
  const rules = selection.map((rule) => (rule.option === "exclude-older-than" ? { option: rule.option } : rule));
  const lists = [...filelists].map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]);
  const fed = job.entries !== undefined;
  const all = {
    source,
    ...(fed && { fed }),
    rules,
    lists,
    nullSeparator,
    copyLinks,
    volumeBytes,
    hostname,
    prefixes,
    seal: sealing(envelope),
  };
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}

/** To whom, and whether signed; not the passphrase, which is tried. */
function sealing(envelope: Envelope) {
  if (envelope.kind !== "gpg") return envelope.kind;
  const recipients = envelope.recipients.map(({ keyId, hidden }) => `${keyId} ${hidden}`);
  return { recipients, symmetric: envelope.passphrase !== undefined, signed: envelope.signer !== undefined };
}
