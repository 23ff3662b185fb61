import { isDoppelError, type Runtime } from "@doppel/base";

/** How often an object is read that the storage finds damaged on its way: what is stored may well be sound. */
const TRIES = 3;

/** Why an object could not be read, which is no trouble with the target. */
export interface Unread {
  readonly kind: "missing" | "archived" | "bytes";
  /** A phrase for a person, without the name. */
  readonly detail: string;
}

/**
 * What `read` makes of an object; it is read again when it arrives otherwise than it is stored.
 * @throws storage.*, and what `read` throws, but for the three that say that this one object cannot be read
 */
export async function readSurely<T>(
  name: string,
  read: () => Promise<T>,
  emit: Runtime["emit"],
): Promise<{ readonly read: T } | { readonly unread: Unread }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { read: await read() };
    } catch (error) {
      if (isDoppelError(error, "storage.not-found"))
        return { unread: { kind: "missing", detail: "vanished while it was to be read" } };
      if (isDoppelError(error, "storage.archived"))
        return { unread: { kind: "archived", detail: "lies in an archive, and was not read" } };
      if (!isDoppelError(error, "storage.corrupt")) throw error;
      if (attempt >= TRIES) return { unread: { kind: "bytes", detail: `cannot be read: ${error.message}` } };
      emit({ type: "retry", operation: `read ${name}`, attempt, detail: error.message });
    }
  }
}
