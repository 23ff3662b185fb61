/** Plain text for the body of a manual page. */
export function plain(text: string): string {
  return text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/^(?=[.'])/gm, "\\&")
    .replace(/'/g, "\\(aq")
    .replace(/`/g, "\\(ga")
    .replace(/\^/g, "\\(ha")
    .replace(/~/g, "\\(ti");
}

export function section(title: string, ...parts: readonly string[]): string {
  return `.SH ${title.toUpperCase()}\n${parts.join("\n")}`;
}

export function subsection(title: string, ...parts: readonly string[]): string {
  return `.SS ${title}\n${parts.join("\n")}`;
}

export function paragraph(text: string): string {
  return `.PP\n${plain(text)}`;
}

/** A term in bold, and what it is. */
export function term(name: string, meaning: string): string {
  return `.TP\n.B ${plain(name)}\n${plain(meaning)}`;
}

/** Lines as they are: commands to type. */
export function verbatim(...lines: readonly string[]): string {
  return `.PP\n.RS 4\n.nf\n${lines.map(plain).join("\n")}\n.fi\n.RE`;
}

/** A whole page. @param version stands in its foot */
export function manualPage(name: string, version: string, summary: string, sections: readonly string[]): string {
  const head = `.TH ${name.toUpperCase()} 1 "" "doppel ${version}" "User Commands"`;
  return `.\\" Made from the table of options; see packages/cli/src/man\n${[head, section("Name", `${name} \\- ${plain(summary)}`), ...sections].join("\n")}\n`;
}
