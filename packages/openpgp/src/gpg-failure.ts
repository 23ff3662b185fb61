import { displayText } from "@doppel/base";

/** What went wrong in gpg, as far as it concerns the user. */
export type GpgFailure = "wrong-passphrase" | "cancelled" | "no-prompt" | "no-agent" | "no-secret-key" | "unknown";

/** libgpg-error's codes, the lower 16 bits of the numbers in status lines. */
const CODES: Readonly<Record<number, GpgFailure>> = {
  11: "wrong-passphrase",
  17: "no-secret-key",
  62: "no-prompt", // timeout
  77: "no-agent",
  78: "no-agent",
  85: "no-prompt",
  86: "no-prompt",
  99: "cancelled",
  177: "no-prompt",
  183: "no-secret-key",
  198: "cancelled",
};

/** From gpg's status lines: they are the same in every language and version, its messages are not. */
export function gpgFailure(status: readonly string[]): GpgFailure {
  const failures = status.flatMap((line) => {
    if (/^(?:NO_SECKEY|INV_SGNR) /.test(line)) return ["no-secret-key" as const];
    const code = Number(/^(?:ERROR|FAILURE) \S+ (\d+)/.exec(line)?.[1] ?? 0) & 0xffff;
    return CODES[code] ?? [];
  });
  // NO_SECKEY is told for every recipient whose key is elsewhere: what happened to the key that is here counts more.
  const telling = failures.find((failure) => failure !== "no-secret-key");
  if (telling) return telling;
  // A prompt was started and there is no passphrase: it had no terminal or display (a system error of the prompt).
  if (status.some((line) => line.startsWith("PINENTRY_LAUNCHED"))) return "no-prompt";
  return failures.length > 0 ? "no-secret-key" : "unknown";
}

/**
 * The last words of gpg, which tell most, as one line for people, without its name in front. A session key, which it shows because
 * we ask for it, is left out (recognised by its form: the words around it are translated).
 */
export function lastWords(stderr: string): string {
  const lines = stderr.split("\n").map((line) => displayText(line.replace(/^gpg: /, "").trim()));
  return lines
    .filter((line) => line !== "" && !/\d+:[0-9A-F]{16,}/i.test(line))
    .slice(-3)
    .join("; ");
}
