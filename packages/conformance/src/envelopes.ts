import { type GpgHome, gpgHome, testKey } from "@doppel/testkit";

/** One way to wrap a backup, and who can read it. */
export interface Envelope {
  readonly title: string;
  readonly write: {
    readonly options: readonly string[];
    /** The keyring that the writer has; undefined: none at all. */
    readonly keyring?: { readonly keys: readonly string[]; readonly secret: boolean };
    readonly env?: Readonly<Record<string, string>>;
  };
  /** Each reads everything alone. */
  readonly readers: readonly [Reader, ...Reader[]];
  /** What stock needs to add an incremental of the same kind. */
  readonly stockWrite: readonly string[];
  /** End of the names of volumes and signatures. */
  readonly suffix: ".gpg" | ".gz" | "";
  /** What a dump of each message has to show, outermost first. */
  readonly packets?: {
    readonly keyIds: readonly string[];
    readonly symmetric: boolean;
    readonly compressed: boolean;
    readonly signed: boolean;
  };
}

export interface Reader {
  readonly who: string;
  /** Names of test keys in its keyring, with their secret halves. */
  readonly keys: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Options that stock duplicity needs. */
  readonly stock: readonly string[];
  /** Options for doppel; `withoutGpg` reads with no keyring at all. */
  readonly doppel: readonly { readonly options: readonly string[]; readonly withoutGpg?: boolean }[];
}

const rsa = testKey("rsa");
const curve = testKey("curve");
const second = testKey("second");
const sign = testKey("sign");

/** The keys that messages are encrypted to: subkeys. */
const SUBKEY = { rsa: "1507FE13BFB947B7", second: "286B574000CCAC96", curve: "27870064DCF4A1C7", hidden: "0000000000000000" };

function keyReader(name: string, more: Partial<Reader> = {}): Reader {
  const key = testKey(name);
  return {
    who: `the ${name} key`,
    keys: [name],
    env: { PASSPHRASE: key.passphrase },
    stock: [],
    doppel: [{ options: [] }, { options: ["--secret-key", key.secretFile], withoutGpg: true }],
    ...more,
  };
}

const anybody = (options: readonly string[]): Reader => ({
  who: "anybody",
  keys: [],
  env: {},
  stock: options,
  doppel: [{ options: [] }],
});
const plain = { symmetric: false, compressed: true, signed: false };

export const publicKeyEnvelopes: readonly Envelope[] = [
  {
    title: "an RSA key, by fingerprint, from gpg's keyring",
    write: { options: ["--encrypt-key", rsa.fingerprint], keyring: { keys: ["rsa"], secret: false } },
    readers: [keyReader("rsa")],
    stockWrite: ["--encrypt-key", rsa.fingerprint],
    suffix: ".gpg",
    packets: { ...plain, keyIds: [SUBKEY.rsa] },
  },
  {
    title: "a curve key from an armored file, without any keyring",
    write: { options: ["--encrypt-key", curve.publicFile] },
    readers: [keyReader("curve")],
    stockWrite: ["--encrypt-key", curve.fingerprint],
    suffix: ".gpg",
    packets: { ...plain, keyIds: [SUBKEY.curve] },
  },
  {
    title: "a hidden recipient",
    write: { options: ["--hidden-encrypt-key", rsa.publicFile] },
    readers: [keyReader("rsa")],
    stockWrite: ["--hidden-encrypt-key", rsa.fingerprint],
    suffix: ".gpg",
    packets: { ...plain, keyIds: [SUBKEY.hidden] },
  },
  {
    title: "two recipients",
    write: { options: ["--encrypt-key", rsa.publicFile, "--encrypt-key", second.publicFile] },
    readers: [keyReader("rsa"), keyReader("second")],
    stockWrite: ["--encrypt-key", rsa.fingerprint],
    suffix: ".gpg",
    packets: { ...plain, keyIds: [SUBKEY.rsa, SUBKEY.second] },
  },
  {
    title: "encrypted, not compressed",
    write: { options: ["--encrypt-key", second.publicFile, "--no-compression"] },
    readers: [keyReader("second")],
    stockWrite: ["--encrypt-key", second.fingerprint, "--no-compression"],
    suffix: ".gpg",
    packets: { ...plain, keyIds: [SUBKEY.second], compressed: false },
  },
];

/** The reader of a signed backup needs the signer's key too, and checks the signature. */
const checkingReader = keyReader("rsa", {
  keys: ["rsa", "sign"],
  env: { PASSPHRASE: rsa.passphrase, SIGN_PASSPHRASE: sign.passphrase },
  stock: ["--sign-key", sign.fingerprint],
  doppel: [
    { options: ["--sign-key", sign.fingerprint] },
    { options: ["--secret-key", rsa.secretFile, "--sign-key", sign.publicFile], withoutGpg: true },
  ],
});

export const otherEnvelopes: readonly Envelope[] = [
  {
    title: "signed through gpg and encrypted",
    write: {
      options: ["--encrypt-key", rsa.fingerprint, "--sign-key", sign.fingerprint],
      keyring: { keys: ["rsa", "sign"], secret: true },
      env: { SIGN_PASSPHRASE: sign.passphrase },
    },
    readers: [checkingReader],
    stockWrite: ["--encrypt-key", rsa.fingerprint, "--sign-key", sign.fingerprint],
    suffix: ".gpg",
    packets: { ...plain, keyIds: [SUBKEY.rsa], signed: true },
  },
  {
    title: "signed with a key file and encrypted, without any keyring",
    write: {
      options: ["--encrypt-key", rsa.publicFile, "--sign-key", sign.fingerprint, "--secret-key", sign.secretFile],
      env: { SIGN_PASSPHRASE: sign.passphrase },
    },
    readers: [checkingReader],
    stockWrite: ["--encrypt-key", rsa.fingerprint, "--sign-key", sign.fingerprint],
    suffix: ".gpg",
    packets: { ...plain, keyIds: [SUBKEY.rsa], signed: true },
  },
  {
    title: "a passphrase",
    write: { options: [], env: { PASSPHRASE: "żółć $x \"quoted\" 'too'" } },
    readers: [
      {
        who: "the passphrase",
        keys: [],
        env: { PASSPHRASE: "żółć $x \"quoted\" 'too'" },
        stock: [],
        doppel: [{ options: [], withoutGpg: true }],
      },
    ],
    stockWrite: [],
    suffix: ".gpg",
    packets: { ...plain, keyIds: [], symmetric: true },
  },
  {
    title: "--no-encryption",
    write: { options: ["--no-encryption"] },
    readers: [anybody(["--no-encryption"])],
    stockWrite: ["--no-encryption"],
    suffix: ".gz",
  },
  {
    title: "--no-encryption --no-compression",
    write: { options: ["--no-encryption", "--no-compression"] },
    readers: [anybody(["--no-encryption", "--no-compression"])],
    stockWrite: ["--no-encryption", "--no-compression"],
    suffix: "",
  },
];

/** The keyring of a reader. */
export function keyringOf(reader: Reader): Promise<GpgHome> {
  return gpgHome(reader.keys);
}
