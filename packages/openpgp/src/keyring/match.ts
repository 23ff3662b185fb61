import type { Certificate, KeyName } from "./certificate.ts";

/** What a query is compared with. */
export type NamedKeys = { readonly keys: readonly Omit<KeyName, "version">[] } & Pick<Certificate, "userIds">;

/** What a user typed to name a key, understood as gpg understands it. */
export type Query =
  /** Ends of fingerprints: 8, 16 or 40 hex digits. `exact` (a trailing `!`): this very subkey and no other. */
  | { readonly kind: "id"; readonly hex: string; readonly exact: boolean }
  | { readonly kind: "mail"; readonly mail: string }
  | { readonly kind: "user-id"; readonly text: string }
  | { readonly kind: "part"; readonly text: string };

/** Never fails: whatever is nothing else is part of a user id. */
export function parseQuery(query: string): Query {
  const trimmed = query.trim();
  const exact = trimmed.endsWith("!");
  const digits = trimmed.replace(/!$/, "").replace(/^0x/i, "").replaceAll(/\s/g, "");
  if (/^(?:[0-9A-F]{8}|[0-9A-F]{16}|[0-9A-F]{40}|[0-9A-F]{64})$/i.test(digits))
    return { kind: "id", hex: digits.toUpperCase(), exact };
  if (/^<.+>$/.test(trimmed)) return { kind: "mail", mail: trimmed.slice(1, -1).toLowerCase() };
  if (trimmed.startsWith("=")) return { kind: "user-id", text: trimmed.slice(1) };
  return { kind: "part", text: trimmed.toLowerCase() };
}

/** Whether the query names this certificate, by any of its keys or user ids. */
export function matches(query: Query, certificate: NamedKeys): boolean {
  switch (query.kind) {
    case "id":
      return certificate.keys.some((key) => namesKey(query.hex, key));
    case "mail":
      return certificate.userIds.some((userId) => mailOf(userId) === query.mail);
    case "user-id":
      return certificate.userIds.includes(query.text);
    case "part":
      return query.text !== "" && certificate.userIds.some((userId) => userId.toLowerCase().includes(query.text));
  }
}

/** Whether hex digits (a key id or fingerprint, upper case) name this key. */
export function namesKey(digits: string, key: Omit<KeyName, "version">): boolean {
  return digits.length > 16 ? key.fingerprint === digits : key.keyId.endsWith(digits);
}

function mailOf(userId: string): string {
  return (/<([^<>]*)>[^<>]*$/.exec(userId)?.[1] ?? userId).toLowerCase();
}
