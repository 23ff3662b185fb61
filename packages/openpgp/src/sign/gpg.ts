import { DoppelError } from "@doppel/base";
import { gpgFailure } from "../gpg-failure.ts";
import { type GpgOptions, type GpgResult, startGpg } from "../gpg-process.ts";
import { type Signer, signerOf } from "./signer.ts";

/**
 * Signs through gpg and its agent: each message's data is piped to one `gpg --detach-sign`. `query` names the key as gpg
 * takes it. @throws DoppelError openpgp.wrong-passphrase, .passphrase-needed, .key-unusable, .gpg-failed.
 */
export function signerFromGpg(query: string, options: GpgOptions): Promise<Signer> {
  // A fixed hash: it is announced before gpg is asked.
  const args = ["--no-armor", "--digest-algo", "SHA512", "--local-user", query, "--detach-sign", "--output", "-"];
  return signerOf(() => {
    const gpg = startGpg(args, options, "sign the backup");
    gpg.result.catch(() => undefined); // heard in finish; a discarded one is nobody's business
    return {
      update: (data) => gpg.write(data),
      discard: () => gpg.kill(),
      async finish() {
        gpg.end();
        const result = await gpg.result;
        if (result.exitCode !== 0 || result.stdout.length === 0) throw explain(query, result);
        return result.stdout;
      },
    };
  });
}

function explain(query: string, { status, complaint, exitCode }: GpgResult): DoppelError {
  const detail = complaint || `exit status ${exitCode}`;
  switch (gpgFailure(status)) {
    case "wrong-passphrase":
      return new DoppelError(
        "openpgp.wrong-passphrase",
        `the passphrase for signing key ${query} is wrong; check SIGN_PASSPHRASE`,
        { what: query },
      );
    case "no-prompt": {
      const message = `gpg's agent could not ask for the passphrase of signing key ${query} (${detail}); set SIGN_PASSPHRASE, or GPG_TTY=$(tty) for its prompt`;
      return new DoppelError("openpgp.passphrase-needed", message, { what: query });
    }
    case "no-secret-key": {
      const message = `gpg cannot sign with "${query}" (${detail}); import its secret key, or name another key`;
      return new DoppelError("openpgp.key-unusable", message, { query, reason: "cannot-sign" });
    }
    case "cancelled":
    case "no-agent":
    case "unknown":
      return new DoppelError("openpgp.gpg-failed", `gpg could not sign with "${query}": ${detail}`, {
        operation: "sign",
        detail,
      });
  }
}
