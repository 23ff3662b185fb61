import type { Runtime } from "@doppel/base";
import { type NamePrefixes, parseName } from "@doppel/format";
import { knowing, type SecretKeys, type SessionKey } from "@doppel/openpgp";
import type { ReadDeps } from "../job.ts";
import { encodingOf } from "./fetch.ts";
import type { UnsealOptions } from "./unseal.ts";

/** By how much, in ms, a clock may have been set back between a set's beginning and its signatures. */
const CLOCKS_DIFFER = 3_600_000;

/** What every step of reading a target needs. */
export interface ReadContext {
  readonly deps: ReadDeps;
  readonly prefixes: NamePrefixes;
  readonly runtime: Runtime;
  /** How the object of that name is opened. It must carry the expected signature, if there is one, unless it is the archive directory's plain copy. */
  unsealing(name: string, isCopy?: boolean): UnsealOptions;
  /** Session keys that an index told, by name of object: who has a smartcard touches it once for a set. They are tried before the keys. */
  readonly sessionKeys: Map<string, SessionKey>;
}

export function readContext(deps: ReadDeps, prefixes: NamePrefixes, runtime: Runtime): ReadContext {
  const sessionKeys = new Map<string, SessionKey>();
  const keysFor = (name: string): SecretKeys | undefined => {
    const session = sessionKeys.get(name);
    return session && deps.keys ? knowing(session, deps.keys) : deps.keys;
  };
  return {
    deps,
    prefixes,
    runtime,
    sessionKeys,
    unsealing: (name, isCopy = false) => {
      const keys = keysFor(name);
      const since = parseName(name, prefixes)?.set.end.getTime();
      return {
        name,
        encoding: encodingOf(name),
        ...(keys ? { keys } : {}),
        ...(deps.verifier && !isCopy && { verifier: deps.verifier }),
        ...(since !== undefined && { signedSince: new Date(since - CLOCKS_DIFFER) }),
        signal: runtime.signal,
        onWarning: (detail) => runtime.emit({ type: "debug", detail: `${name}: ${detail}` }),
      };
    },
  };
}
