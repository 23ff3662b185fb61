/**
 * A name as one bash word, whatever bytes are in it. Plain names stay plain, printable ASCII goes in single quotes,
 * everything else in `$'…'` with octal escapes, so that a script is readable and a hostile name cannot drive a terminal.
 */
export function shellWord(name: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(name) && !name.startsWith("-")) return name;
  if (/^[\x20-\x7e]*$/.test(name)) return `'${name.replaceAll("'", `'\\''`)}'`;
  const escaped = name.replace(/[^\x20-\x7e]|['\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return `$'${escaped}'`;
}
