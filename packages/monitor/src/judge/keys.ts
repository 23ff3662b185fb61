import type { Memory, Recipients } from "../state/memory.ts";
import { type Case, judged, when } from "./case.ts";
import type { Finding } from "./finding.ts";

const HIDDEN = "0".repeat(16);

/** Encrypted to exactly the keys that are expected: by the receipt's word, and by the message's own. */
export function judgeKeys(of: Case): readonly Finding[] {
  const { expect, facts } = of;
  if (expect.keys.length === 0) return [];
  const findings: Finding[] = [];
  for (const set of judged(of)) {
    const told = set.receipt?.encryption;
    const found = set.recipients ?? told;
    const time = when(of, set.id.end);
    if (found === undefined) continue;
    if (told !== undefined && set.recipients !== undefined && !sameRecipients(told, set.recipients)) {
      const text = `the backup of ${time} is encrypted to ${wordsFor(set.recipients)}, and its receipt says ${wordsFor(told)}`;
      findings.push({ id: "keys-receipt", severity: "critical", text });
    }
    const problem = problemWith(found, of);
    if (problem === undefined) continue;
    const text = `the backup of ${time} ${problem}; expected: ${expect.keys.join(", ")}. Look at the server's configuration, and make a full backup`;
    findings.push({ id: "keys", severity: "critical", text });
  }
  return unique(findings, facts.sets.length);
}

/**
 * What is to be remembered of keys: a fingerprint of which no key file is here says nothing of the subkey that messages name, so
 * that it is what the first message named.
 */
export function trustedAfter(of: Case): Memory["trusted"] {
  const { trusted } = of.facts.memory;
  const found = of.facts.sets[0]?.recipients;
  if (!Array.isArray(found)) return trusted;
  const { unknown, foreign } = matched(found, of);
  const key = unknown.join();
  return key === "" || key in trusted ? trusted : { ...trusted, [key]: foreign };
}

/** What is wrong with who can read a backup; it completes "the backup of …". */
function problemWith(found: Recipients, of: Case): string | undefined {
  if (found === "none") return "is not encrypted";
  if (found === "passphrase") return "is encrypted with a passphrase instead of a key";
  const { open, unknown, foreign } = matched(found, of);
  // A hidden recipient may be anyone: it takes the place of one that is not found otherwise.
  const hidden = found.filter((id) => id === HIDDEN).length;
  const trust = of.facts.memory.trusted[unknown.join()] ?? foreign;
  const trusted = foreign.filter((id) => trust.includes(id)).slice(0, unknown.length);
  const strangers = foreign.filter((id) => !trusted.includes(id));
  if (strangers.length > 0) return `can be read with a key that is not expected, ${strangers.join(", ")}`;
  const missing = open.length - trusted.length - hidden;
  if (missing > 0) return `cannot be read with all keys that are expected (it is encrypted to ${wordsFor(found)})`;
  return missing < 0 ? "is encrypted to more keys than are expected" : undefined;
}

/** `open`: expected keys that no recipient is; `unknown`: those of them that may be any; `foreign`: recipients that no expected key is. */
function matched(found: readonly string[], of: Case) {
  const open = [...of.expect.keys];
  const foreign: string[] = [];
  for (const id of found) {
    if (id === HIDDEN) continue;
    const at = open.findIndex((key) => isKey(key, id, of));
    if (at >= 0) open.splice(at, 1);
    else foreign.push(id);
  }
  const unknown = open.filter((key) => isFingerprint(key) && !of.subkeys.has(key.toUpperCase())).sort();
  return { open, unknown, foreign };
}

function isKey(key: string, id: string, { subkeys }: Case): boolean {
  const wanted = key.toUpperCase().replace(/^0X/, "");
  return wanted.endsWith(id) || subkeys.get(wanted)?.includes(id) === true;
}

function isFingerprint(key: string): boolean {
  return /^(0x)?([0-9a-f]{40}|[0-9a-f]{64})$/i.test(key);
}

function sameRecipients(a: Recipients, b: Recipients): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return [...a].sort().join() === [...b].sort().join();
}

function wordsFor(recipients: Recipients): string {
  if (recipients === "none") return "nobody";
  return recipients === "passphrase" ? "a passphrase" : recipients.join(", ") || "nobody";
}

/** One finding of a kind; the newest set's comes first. */
function unique(findings: readonly Finding[], sets: number): readonly Finding[] {
  return sets === 0 ? [] : findings.filter(({ id }, i) => findings.findIndex((other) => other.id === id) === i);
}
