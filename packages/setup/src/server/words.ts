/** One word of a command line in a unit (systemd.service(5), "Command lines"). */
export function unitWord(text: string): string {
  return unitItem(text.replaceAll("$", "$$$$"));
}

/** One of several paths behind a unit's setting. */
export function unitItem(text: string): string {
  const plain = unitText(text);
  return /^[A-Za-z0-9_@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, "\\$&")}"`;
}

/** Text in which a unit's specifiers mean nothing. */
export function unitText(text: string): string {
  return text.replaceAll("%", "%%");
}

/** One word for a shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
