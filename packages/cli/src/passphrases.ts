import { readFileSync, readSync, closeSync } from "node:fs";
import { type BytePath, displayPath, DoppelError, errnoOf, pathToBytes } from "@doppel/base";

/** Where passphrases come from, in this order. */
export interface PassphraseSources {
  /** `--passphrase-fd` */
  readonly descriptor?: number | undefined;
  /** `--passphrase-file` */
  readonly file?: BytePath | undefined;
  /** PASSPHRASE and SIGN_PASSPHRASE; set but empty counts as an answer. */
  readonly environment?: string | undefined;
  readonly signEnvironment?: string | undefined;
  /** Asks a person; undefined when there is no terminal. Called only when everything else is silent. */
  readonly prompt: (question: string) => Promise<string | undefined>;
}

/** The user's passphrases. Each is asked for at most once, and only when something needs it. */
export interface Passphrases {
  /**
   * For a backup that is encrypted with a passphrase: typed twice, never empty.
   * @throws cli.usage when there is none to be had; openpgp.passphrase-needed when it is empty
   */
  forNewBackup(): Promise<string>;
  /** For a message or a secret key; undefined when there is none to be had. `what` completes "Passphrase for". */
  forReading(what: string): Promise<string | undefined>;
  /** For the secret key that signs. */
  forSigning(): Promise<string | undefined>;
  /** What needs no question. */
  given(): string | undefined;
  givenForSigning(): string | undefined;
}

export function passphrasesFrom(sources: PassphraseSources): Passphrases {
  const given = once(() => fromDescriptor(sources.descriptor) ?? fromFile(sources.file) ?? sources.environment);
  const givenForSigning = (): string | undefined => sources.signEnvironment ?? given();
  const answers = new Map<string, Promise<string | undefined>>();
  let typed: string | undefined;
  const ask = (what: string): Promise<string | undefined> => {
    const answer = answers.get(what) ?? sources.prompt(`Passphrase for ${what}: `);
    answers.set(what, answer);
    return answer;
  };
  return {
    async forNewBackup() {
      const passphrase = given() ?? (typed = await twice(sources.prompt));
      if (passphrase === undefined) throw noWayToEncrypt();
      if (passphrase === "") {
        throw new DoppelError(
          "openpgp.passphrase-needed",
          "the passphrase is empty: a backup encrypted with it would be open to everybody; give another, or say --no-encryption",
          {
            what: "backup",
          },
        );
      }
      return passphrase;
    },
    // Who has just typed the passphrase of an increment is not asked for that of its chain: it is the same.
    forReading: async (what) => given() ?? typed ?? ask(what),
    forSigning: async () => givenForSigning() ?? ask("signing key"),
    given,
    givenForSigning,
  };
}

/** Asks until both answers agree, three times at most. */
async function twice(prompt: PassphraseSources["prompt"]): Promise<string | undefined> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const again = attempt === 1 ? "" : "They differ. ";
    const first = await prompt(`${again}Passphrase for encryption: `);
    if (first === undefined) return undefined;
    if (first === (await prompt("Retype passphrase for encryption to confirm: "))) return first;
  }
  throw new DoppelError("openpgp.wrong-passphrase", "the passphrases differ three times: nothing was backed up; run it again", {
    what: "backup",
  });
}

function noWayToEncrypt(): DoppelError<"cli.usage"> {
  return new DoppelError(
    "cli.usage",
    "nothing to encrypt with: name a public key (--encrypt-key KEY or a key file), or give a passphrase " +
      "(PASSPHRASE in the environment, --passphrase-file or --passphrase-fd), or say --no-encryption",
    {},
  );
}

function fromDescriptor(descriptor: number | undefined): string | undefined {
  if (descriptor === undefined) return undefined;
  try {
    const line = firstLine(() => readByte(descriptor));
    if (descriptor > 2) closeSync(descriptor);
    return line;
  } catch (error) {
    throw unreadable(`--passphrase-fd ${descriptor}`, error);
  }
}

function fromFile(file: BytePath | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    const bytes = readFileSync(pathToBytes(file)).values();
    return firstLine(() => bytes.next().value);
  } catch (error) {
    throw unreadable(`--passphrase-file ${displayPath(file)}`, error);
  }
}

/** Without the end of the line; no further, so that whoever gave the descriptor can go on reading. */
function firstLine(next: () => number | undefined): string {
  const bytes: number[] = [];
  for (let byte = next(); byte !== undefined && byte !== 0x0a; byte = next()) bytes.push(byte);
  if (bytes.at(-1) === 0x0d) bytes.pop();
  return Buffer.from(bytes).toString("utf8");
}

function readByte(descriptor: number): number | undefined {
  const byte = Buffer.alloc(1);
  return readSync(descriptor, byte, 0, 1, null) === 0 ? undefined : byte[0];
}

function unreadable(what: string, cause: unknown): DoppelError<"cli.usage"> {
  return new DoppelError("cli.usage", `${what} cannot be read (${errnoOf(cause) ?? "unknown error"})`, {}, cause);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
