import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

const GENERATE = ["--batch", "--passphrase", "", "--pinentry-mode", "loopback"];

/** Makes an RSA-3072 key without passphrase in GNUPGHOME, as the guides have it; its fingerprint. @throws Error */
export function makeKey(env: NodeJS.ProcessEnv): string {
  mkdirSync(env["GNUPGHOME"]!, { mode: 0o700 });
  gpg([...GENERATE, "--quick-generate-key", "doppel bench", "rsa3072", "cert,sign", "never"], env);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(gpg(["--batch", "--with-colons", "--list-keys"], env))?.[1];
  if (!fingerprint) throw new Error("gpg does not list the key it made");
  gpg([...GENERATE, "--quick-add-key", fingerprint, "rsa3072", "encr", "never"], env);
  return fingerprint;
}

function gpg(args: readonly string[], env: NodeJS.ProcessEnv): string {
  const run = spawnSync("gpg", args, { env, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`gpg ${args.at(-1)} failed: ${run.stderr}`);
  return run.stdout;
}
