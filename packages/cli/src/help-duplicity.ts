/** The text of `duplicity --help`. */
export function duplicityHelp(columns: number): string {
  return `${columns}`;
}
