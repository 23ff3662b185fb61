/** `--gpg-options`, read. */
export interface ReadGpgOptions {
  /** For gpg's command line. */
  readonly args: readonly string[];
  /** `--homedir`: where keys are, for us as for gpg. */
  readonly homedir?: string;
  /** How well gpg should compress, which we do instead: 0-9. */
  readonly compressLevel?: number;
}

/** What takes the next word, of the options that are looked for here. */
const WITH_VALUE = /^--(?:homedir|pinentry-mode|compress-algo|compression-algo|compress-level|bzip2-compress-level)$|^-z$/;

/**
 * Splits options for gpg at blanks, as stock does (cli spec 12.1); one pair of quotes around a whole value is removed.
 * `--pinentry-mode loopback` is left out: it is given wherever there is a passphrase, and without one gpg could not ask.
 */
export function readGpgOptions(values: readonly string[]): ReadGpgOptions {
  const words = values.flatMap((value) => unquoted(value).split(/\s+/).filter(Boolean));
  const args: string[] = [];
  let homedir: string | undefined;
  let compressLevel: number | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [, name, attached] = /^(--[^=]+)=(.*)$/.exec(word) ?? /^(-z)(\d+)$/.exec(word) ?? [word, word, undefined];
    const value = attached ?? (WITH_VALUE.test(name!) ? words[++i] : undefined);
    if (name === "--pinentry-mode" && value === "loopback") continue;
    args.push(...(attached === undefined && value !== undefined ? [word, value] : [word]));
    if (name === "--homedir") homedir = value;
    if (/^(?:-z|--(?:bzip2-)?compress-level)$/.test(name!) && /^[0-9]$/.test(value ?? "")) compressLevel = Number(value);
    if (/^--compress(?:ion)?-algo$/.test(name!) && /^(?:none|uncompressed|0|z0)$/i.test(value ?? "")) compressLevel = 0;
  }
  return { args, ...(homedir !== undefined && { homedir }), ...(compressLevel !== undefined && { compressLevel }) };
}

function unquoted(value: string): string {
  return /^(["']).*\1$/s.test(value) && value.length > 1 ? value.slice(1, -1) : value;
}
