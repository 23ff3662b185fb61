import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "@doppel/testkit";
import { expect } from "vitest";
import type { Envelope } from "./envelopes.ts";
import { done } from "./program.ts";

interface Opener {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly passphrase: string;
  readonly packets: NonNullable<Envelope["packets"]>;
}

/** Every object in `folder` but the receipts is one message that gpg opens without complaint, and sq parses to the end, with these packets. */
export async function expectMessages(folder: string, opener: Opener): Promise<void> {
  const names = readdirSync(folder)
    .filter((name) => !name.endsWith(".receipt"))
    .sort();
  expect(names.length).toBeGreaterThan(2);
  const expected = structureOf(opener.packets);
  for (const name of names) {
    expect({ name, packets: await sqPackets(join(folder, name)) }).toEqual({ name, packets: outer(opener.packets) });
  }
  // gpg takes its time with every key; the volumes in between went through it in the recipe.
  for (const name of names.filter((name) => !/vol([2-9]|\d{2,})\./.test(name) || name === names.at(-1))) {
    expect({ name, packets: await gpgPackets(join(folder, name), opener) }).toEqual({ name, packets: expected });
  }
}

function structureOf({ keyIds, symmetric, compressed, signed }: Opener["packets"]): string[] {
  return [
    ...keyIds.map((keyId) => `:pubkey enc packet: version 3 ${keyId}`),
    ...(symmetric ? [":symkey enc packet: version 4 cipher 9"] : []),
    ":encrypted data packet: mdc_method: 2",
    ...(compressed ? [":compressed packet:"] : []),
    ...(signed ? [":onepass_sig packet:"] : []),
    ":literal data packet: mode b",
    "AES256 encrypted data",
  ];
}

/** What is compared of a packet besides its name. */
const SHOWN: readonly (readonly [string, readonly RegExp[]])[] = [
  [":pubkey", [/(version \d+)/, /keyid ([0-9A-F]+)/]],
  [":symkey", [/(version \d+)/, /(cipher \d+)/]],
  [":encrypted", [/(mdc_method: \d+)/]],
  [":literal", [/(mode \w)/]],
];

async function gpgPackets(file: string, { env, passphrase }: Opener): Promise<string[]> {
  const unlock = ["--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase];
  const { stdout, stderr } = await done(run("gpg", [...unlock, "-v", "--list-packets", file], { env }));
  const lines = stdout.toString().split("\n");
  const found = lines.flatMap((line, i) => {
    const packet = /^:[a-z_ ]+ packet:/.exec(line)?.[0];
    // After a literal of partial lengths gpg lists nothing more, so the signature is left to those who check it.
    if (packet === undefined || packet === ":signature packet:") return [];
    const details = lines.slice(i, i + 3).join(" ");
    const shown = SHOWN.find(([start]) => packet.startsWith(start))?.[1] ?? [];
    return [[packet, ...shown.map((detail) => detail.exec(details)?.[1] ?? `no ${detail.source}`)].join(" ")];
  });
  return [...found, /\w+ encrypted data$/m.exec(stderr.toString())?.[0] ?? stderr.toString()];
}

/** What can be seen without a key. */
function outer({ keyIds, symmetric }: Opener["packets"]): string[] {
  return [
    ...keyIds.map((keyId) => `Public-Key Encrypted Session Key Packet, Version: 3, Recipient: ${keyId}`),
    ...(symmetric ? ["Symmetric-Key Encrypted Session Key Packet, Version: 4, Symmetric algo: AES-256"] : []),
    "Sym. Encrypted and Integrity Protected Data Packet, Version: 1",
  ];
}

async function sqPackets(file: string): Promise<string[]> {
  const { stdout } = await done(run("sq", ["packet", "dump", file]));
  const packets = stdout.toString().split(/^(?=\S)/m);
  return packets.map((packet) => {
    const fields = packet.match(/^ {4}(Version|Recipient|Symmetric algo): .*$/gm) ?? [];
    return [packet.slice(0, packet.search(/, (new|old) CTB/)), ...fields.map((field) => field.trim())].join(", ");
  });
}
