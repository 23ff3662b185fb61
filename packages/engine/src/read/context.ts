import type { Runtime } from "@doppel/base";
import type { NamePrefixes } from "@doppel/format";
import { knowing, type SecretKeys, type SessionKey } from "@doppel/openpgp";
import type { ReadDeps } from "../job.ts";
import { encodingOf } from "./fetch.ts";
import type { UnsealOptions } from "./unseal.ts";

/** What every step of reading a target needs. */
export interface ReadContext {
  readonly deps: ReadDeps;
  readonly prefixes: NamePrefixes;
  readonly runtime: Runtime;
  /** How the object of that name is opened; `signed`: it must carry the expected signature, if there is one (volumes). */
  unsealing(name: string, signed?: boolean): UnsealOptions;
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
    unsealing: (name, signed = false) => {
      const keys = keysFor(name);
      return {
        name,
        encoding: encodingOf(name),
        ...(keys ? { keys } : {}),
        ...(signed && deps.verifier ? { verifier: deps.verifier } : {}),
        signal: runtime.signal,
        onWarning: (detail) => runtime.emit({ type: "debug", detail: `${name}: ${detail}` }),
      };
    },
  };
}
