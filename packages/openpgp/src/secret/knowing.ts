import type { SessionKey } from "../packets/session-key.ts";
import { fits } from "./fits.ts";
import type { SecretKeys } from "./secret-keys.ts";

/** Opens the message whose session key is known without asking anybody, and every other one as `keys` do. */
export function knowing(session: SessionKey, keys: SecretKeys): SecretKeys {
  return {
    sessionKey: async (packets, signal) => ((await fits(session, packets)) ? session : keys.sessionKey(packets, signal)),
    close: () => keys.close(),
  };
}
