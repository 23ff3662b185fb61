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
  /** Asks the agent of `doppel unlock`, before a person is asked. */
  readonly agent?: () => Promise<string | undefined>;
  /** Asks a person; undefined when there is no terminal. Called only when everything else is silent. */
  readonly prompt: (question: string) => Promise<string | undefined>;
  /** Default: doppel's own. */
  readonly questions?: Questions;
}

/** How the questions are put. */
export interface Questions {
  readonly encryption: string;
  readonly again: string;
  readonly reading: (what: string) => string;
  /** Asked again after this when the answers differ. */
  readonly retype: string;
  readonly signing: string;
}

const OWN: Questions = {
  encryption: "Passphrase for encryption: ",
  again: "They differ. ",
  reading: (what) => `Passphrase for ${what}: `,
  retype: "Retype passphrase for encryption to confirm: ",
  signing: "Passphrase for signing key: ",
};

/** Stock's, which programs wait for (cli spec 10). */
export const STOCK_QUESTIONS: Questions = {
  encryption: "GnuPG passphrase for decryption: ",
  again: "",
  reading: () => "GnuPG passphrase for decryption: ",
  retype: "Retype passphrase for decryption to confirm: ",
  signing: "GnuPG passphrase for signing key: ",
};

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

type Secrets = Pick<PassphraseSources, "environment" | "signEnvironment">;

/**
 * Where the key that signs is one that is encrypted to, whichever of PASSPHRASE and SIGN_PASSPHRASE is set is taken for both,
 * and stock says so (cli spec 10).
 */
export function reuse(
  secrets: Secrets,
  keys: {
    readonly "sign-key"?: string | undefined;
    readonly "encrypt-key": readonly string[];
    readonly "hidden-encrypt-key": readonly string[];
  },
): { readonly secrets: Secrets; readonly notice?: string } {
  const sign = keys["sign-key"];
  const { environment, signEnvironment } = secrets;
  if (sign === undefined || ![...keys["encrypt-key"], ...keys["hidden-encrypt-key"]].includes(sign)) return { secrets };
  if (environment !== undefined && signEnvironment === undefined)
    return { secrets: { environment, signEnvironment: environment }, notice: "Reuse configured PASSPHRASE as SIGN_PASSPHRASE" };
  if (environment === undefined && signEnvironment !== undefined)
    return {
      secrets: { environment: signEnvironment, signEnvironment },
      notice: "Reuse configured SIGN_PASSPHRASE as PASSPHRASE",
    };
  return { secrets };
}

export function passphrasesFrom(sources: PassphraseSources): Passphrases {
  const given = once(() => fromDescriptor(sources.descriptor) ?? fromFile(sources.file) ?? sources.environment);
  const givenForSigning = (): string | undefined => sources.signEnvironment ?? given();
  const answers = new Map<string, Promise<string | undefined>>();
  let typed: string | undefined;
  let kept: Promise<string | undefined> | undefined;
  const fromAgent = (): Promise<string | undefined> => (kept ??= sources.agent?.() ?? Promise.resolve(undefined));
  const questions = sources.questions ?? OWN;
  const ask = (question: string): Promise<string | undefined> => {
    const answer = answers.get(question) ?? sources.prompt(question);
    answers.set(question, answer);
    return answer;
  };
  return {
    async forNewBackup() {
      const passphrase = given() ?? (await fromAgent()) ?? (typed = await twice(sources.prompt, questions));
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
    forReading: async (what) => given() ?? typed ?? (await fromAgent()) ?? ask(questions.reading(what)),
    forSigning: async () => givenForSigning() ?? (await fromAgent()) ?? ask(questions.signing),
    given,
    givenForSigning,
  };
}

/** Asks until both answers agree, three times at most. */
async function twice(prompt: PassphraseSources["prompt"], { encryption, again, retype }: Questions): Promise<string | undefined> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const first = await prompt(`${attempt === 1 ? "" : again}${encryption}`);
    if (first === undefined) return undefined;
    if (first === (await prompt(retype))) return first;
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
