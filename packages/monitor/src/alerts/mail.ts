import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { errnoOf } from "@doppel/base";
import type { MailSettings } from "../config/types.ts";
import type { AlertEvent } from "./ledger.ts";
import type { Channel, MessageContext } from "./channel.ts";
import { hashOf } from "./command.ts";
import { runProgram } from "./run-program.ts";
import { smtpFailure } from "./smtp-failure.ts";
import { alertMessage, digestMessage, type Message } from "./texts.ts";

/** Neither a connection nor an answer is waited for any longer. */
const MOST_MS = 30_000;

/** One mail for each server that there is something to tell of. */
export function mailChannel(settings: MailSettings, env: Readonly<Record<string, string | undefined>>): Channel {
  const { transport, to } = settings;
  const label = transport === "sendmail" ? "sendmail" : `mail server ${new URL(transport).host}`;
  return {
    id: `mail-${hashOf([transport, ...to].join("\0"))}`,
    label,
    messages: bySubject,
    tell: (events, context) => send(alertMessage(events, context.timeZone), settings, env, context),
    digest: (report, context) => send(digestMessage(report, context.timeZone), settings, env, context),
  };
}

function bySubject(events: readonly AlertEvent[]): readonly (readonly AlertEvent[])[] {
  const groups = new Map<string, AlertEvent[]>();
  for (const event of events) {
    const group = groups.get(event.alert.subject);
    if (group) group.push(event);
    else groups.set(event.alert.subject, [event]);
  }
  return [...groups.values()];
}

async function send(
  message: Message,
  { from, to, transport, passwordFile, caFile }: MailSettings,
  env: Readonly<Record<string, string | undefined>>,
  { now, signal }: MessageContext,
): Promise<void> {
  const { createTransport } = await import("nodemailer");
  const mail = {
    from,
    to: [...to],
    ...message,
    date: now,
    headers: { "Auto-Submitted": "auto-generated" },
    disableUrlAccess: true,
    disableFileAccess: true,
  };
  if (transport === "sendmail") {
    // Made here and handed over here, so that the program gets an environment without secrets.
    const made = await createTransport({ streamTransport: true, buffer: true, newline: "unix" }).sendMail(mail);
    const address = /<([^>]+)>\s*$/.exec(from)?.[1] ?? from;
    await runProgram(
      ["sendmail", "-i", "-f", address, "--", ...to.map((one) => /<([^>]+)>\s*$/.exec(one)?.[1] ?? one)],
      made.message as Buffer,
      { env: withSbin(env), signal },
    );
    return;
  }
  const { protocol, hostname, port, username } = new URL(transport);
  const secure = protocol === "smtps:";
  const password = passwordFile === undefined ? undefined : await passwordIn(passwordFile, env);
  const ca = caFile === undefined ? undefined : await textOf(caFile, "certificate file");
  const server = createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (secure ? 465 : 587) : Number(port),
    secure,
    // A password goes through no connection that can be listened to.
    requireTLS: !secure && password !== undefined,
    // What stays on this machine needs no TLS, for which Debian's mail servers have a certificate that nobody trusts.
    ignoreTLS: !secure && password === undefined && isHere(hostname),
    ...(ca !== undefined && { tls: { ca } }),
    ...(password !== undefined && { auth: { user: decodeURIComponent(username), pass: password } }),
    connectionTimeout: MOST_MS,
    greetingTimeout: MOST_MS,
    socketTimeout: MOST_MS,
  });
  const stop = (): void => server.close();
  signal.addEventListener("abort", stop);
  try {
    await server.sendMail(mail);
  } catch (error) {
    signal.throwIfAborted();
    throw smtpFailure(error);
  } finally {
    signal.removeEventListener("abort", stop);
    server.close();
  }
}

/** Of a service with `LoadCredential=` it is the file that systemd hands out under the same name. */
async function passwordIn(file: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const folder = env["CREDENTIALS_DIRECTORY"];
  const loaded = folder === undefined ? undefined : join(folder, basename(file));
  const text = loaded === undefined ? undefined : await readFile(loaded, "utf8").catch(() => undefined);
  return (text ?? (await textOf(file, "password file"))).replace(/\r?\n$/, "");
}

async function textOf(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Error(`the ${what} ${file} cannot be read (${errnoOf(error)})`, { cause: error });
  }
}

function isHere(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Where sendmail is; services and cron have a shorter path. */
function withSbin(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  return { ...env, PATH: `${env["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/usr/lib` };
}
