import type { Role } from "./roles.ts";

/**
 * The id of a statement in a bucket's policy: `DoppelWriterObjectsZ2Fweb1` is part "Objects" of the writer's for the server below `web1/`.
 * AWS takes letters and digits only, so all others of the prefix are written as Z and two hexadecimal digits for each byte, as is Z.
 */
export function sidOf(role: Role | "place", part: string, prefix: string): string {
  return `${beginning(role)}${part}${suffixOf(prefix)}`;
}

/** Whether a statement was made for this server and one of these roles, by whatever version of this program. */
export function isOurs(sid: string | undefined, roles: readonly (Role | "place")[], prefix: string): boolean {
  const suffix = suffixOf(prefix);
  if (sid === undefined || !sid.endsWith(suffix)) return false;
  const name = sid.slice(0, sid.length - suffix.length);
  return roles.some((role) => new RegExp(`^${beginning(role)}[A-Y][A-Ya-z]*$`).test(name));
}

function beginning(role: Role | "place"): string {
  return `Doppel${role[0]!.toUpperCase()}${role.slice(1)}`;
}

function suffixOf(prefix: string): string {
  return [...Buffer.from(`/${prefix.replace(/\/$/, "")}`, "utf8")]
    .map((byte) => String.fromCharCode(byte))
    .map((char) => (/[A-Ya-z0-9]/.test(char) ? char : `Z${char.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`))
    .join("");
}
