import { DoppelError, isDoppelError } from "@doppel/base";
import { keyNames, NAME_KEY_FILE } from "./passphrase.ts";
import type { SecretKeys } from "./secret-keys.ts";

/**
 * Tries one after another. When all fail: the failure of the one that the user named, or the only one; otherwise the most
 * telling one (a wrong passphrase tells more than a key that is not there) with the reasons of all. An abort ends it at once,
 * and so does a named key file that is none.
 */
export function firstOf(...keys: SecretKeys[]): SecretKeys {
  return {
    async sessionKey(packets, signal) {
      const failures: DoppelError[] = [];
      let named: DoppelError | undefined;
      for (const each of keys) {
        try {
          return await each.sessionKey(packets, signal);
        } catch (error) {
          if (!(error instanceof DoppelError) || signal?.aborted === true) throw error;
          // A key file that is none is a mistake to be told of, whoever else might open the message.
          if (each.named && isDoppelError(error, "openpgp.key-unusable")) throw error;
          failures.push(error);
          if (each.named) named ??= error;
        }
      }
      if (named) throw named;
      if (failures.length === 1) throw failures[0]!;
      const reasons = failures.map((failure) => failure.message).join("; then: ");
      const telling = failures.find((failure) => !isDoppelError(failure, "openpgp.no-secret-key"));
      if (telling) throw new DoppelError(telling.code, reasons, telling.data, failures);
      const message =
        reasons || `there is no way to open a backup that is encrypted to ${keyNames(packets.recipients)}; ${NAME_KEY_FILE}`;
      throw new DoppelError("openpgp.no-secret-key", message, { keyIds: packets.recipients }, failures);
    },
    async close() {
      for (const each of keys) await each.close();
    },
  };
}
