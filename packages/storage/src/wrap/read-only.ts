import { DoppelError } from "@doppel/base";
import type { Storage } from "../storage.ts";

/** The same storage, of which nothing can be changed: `put` and `delete` reject with storage.denied, and what is unfinished cannot be aborted. Disposing disposes of `inner`. */
export function readOnly(inner: Storage): Storage {
  return {
    label: inner.label,
    list: (prefix, signal) => inner.list(prefix, signal),
    stat: (name, signal) => inner.stat(name, signal),
    get: (name, range, signal) => inner.get(name, range, signal),
    ...(inner.open && { open: inner.open.bind(inner) }),
    put: (name) => Promise.reject(denied("store", inner.label, name)),
    delete: (names) => (names.length === 0 ? Promise.resolve() : Promise.reject(denied("delete", inner.label, names[0]!))),
    ...(inner.thaw && { thaw: inner.thaw.bind(inner) }), // it changes what can be read, not what is stored
    ...(inner.unfinished && { unfinished: inner.unfinished.bind(inner) }),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

function denied(operation: string, label: string, name: string): DoppelError {
  const message = `refused to ${operation} ${name} in ${label}: this command only reads; use a command that is meant to change the backup`;
  return new DoppelError("storage.denied", message, { operation, name });
}
