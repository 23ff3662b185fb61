/**
 * Why a mail server did not take a mail, as one line with what to do about it. The library's own texts are OpenSSL's in parts.
 * @param error  as nodemailer throws it, which has no secrets of ours in it
 */
export function smtpFailure(error: unknown): Error {
  const text = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").trim();
  return new Error(explained(text, error), { cause: error });
}

function explained(text: string, error: unknown): string {
  if (/certificate|altnames/i.test(text)) {
    const mend = "give it one that this machine trusts and that names this host, or name its authority's certificate (ca-file)";
    return `its certificate is not accepted (${text.replace(/\.$/, "")}), and nothing was sent: ${mend}`;
  }
  if (/wrong version number|packet length too long|record layer/i.test(text)) {
    return "it speaks no TLS on this port: write smtp:// for one that begins it later (STARTTLS, port 587), smtps:// for port 465";
  }
  const { code, command } = error instanceof Error ? (error as Error & { code?: string; command?: string }) : {};
  if (code === "ETLS" || command === "STARTTLS") {
    return `it does not begin TLS (${text}), and a password is sent in no other way`;
  }
  if (code === "EAUTH") return `it does not accept the user and the password (password-file): ${text}`;
  return text;
}
