import { readFileSync } from "node:fs";
import { errnoOf } from "@doppel/base";

/** The user and group names of this machine, both ways. Names are raw bytes (one char per byte). */
export class OwnerNames {
  readonly #users: NameTable;
  readonly #groups: NameTable;

  /** From the content of `/etc/passwd` and `/etc/group`. As in the C library, the first line for a name or number wins. */
  constructor(passwd: Uint8Array, group: Uint8Array) {
    this.#users = parseTable(passwd);
    this.#groups = parseTable(group);
  }

  /** The names of this system; a missing file has no names. Users that only a directory service knows have none. */
  static system(): OwnerNames {
    return new OwnerNames(readTable("/etc/passwd"), readTable("/etc/group"));
  }

  /** "" when unknown, as the format stores it (spec 3.5). */
  userName(uid: number): string {
    return this.#users.names.get(uid) ?? "";
  }

  /** "" when unknown. */
  groupName(gid: number): string {
    return this.#groups.names.get(gid) ?? "";
  }

  /** The number of a user of that name here, if there is one. */
  uid(name: string): number | undefined {
    return this.#users.ids.get(name);
  }

  /** The number of a group of that name here, if there is one. */
  gid(name: string): number | undefined {
    return this.#groups.ids.get(name);
  }
}

interface NameTable {
  readonly names: ReadonlyMap<number, string>;
  readonly ids: ReadonlyMap<string, number>;
}

/** `name:password:number:...` a line, the shape that passwd(5) and group(5) share. */
function parseTable(bytes: Uint8Array): NameTable {
  const names = new Map<number, string>();
  const ids = new Map<string, number>();
  for (const line of Buffer.from(bytes).toString("latin1").split("\n")) {
    const [name = "", , number = ""] = line.split(":");
    if (name === "" || name.startsWith("#") || !/^\d{1,10}$/.test(number)) continue;
    const id = Number(number);
    if (!names.has(id)) names.set(id, name);
    if (!ids.has(name)) ids.set(name, id);
  }
  return { names, ids };
}

function readTable(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return new Uint8Array(0);
    throw error;
  }
}
