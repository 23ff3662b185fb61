import type { Runtime } from "@doppel/base";
import type { NamePrefixes } from "@doppel/format";
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
}

export function readContext(deps: ReadDeps, prefixes: NamePrefixes, runtime: Runtime): ReadContext {
  return {
    deps,
    prefixes,
    runtime,
    unsealing: (name, signed = false) => ({
      name,
      encoding: encodingOf(name),
      ...(deps.keys ? { keys: deps.keys } : {}),
      ...(signed && deps.verifier ? { verifier: deps.verifier } : {}),
      signal: runtime.signal,
      onWarning: (detail) => runtime.emit({ type: "debug", detail: `${name}: ${detail}` }),
    }),
  };
}
