import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, openTempDir, run } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { MailSettings } from "../config/types.ts";
import { MailServer } from "../testing/mail-server.ts";
import { mailChannel } from "./mail.ts";

const now = new Date("2026-11-23T08:00:00Z");
const PASSWORD = "geheim und lang";
const LOGIN = `\0backup\0${PASSWORD}`;

describeInterop(["openssl"], "a mail server, by a real connection", () => {
  const dir = openTempDir("/tmp");
  const file = (name: string): string => join(dir.path, name);
  const tls = (name = "here") => ({
    key: readFileSync(file(`${name}.key`), "utf8"),
    cert: readFileSync(file(`${name}.pem`), "utf8"),
  });

  beforeAll(async () => {
    for (const [name, host] of [
      ["here", "IP:127.0.0.1"],
      ["elsewhere", "DNS:mail.example.org"],
    ] as const) {
      const args = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`), "-days", "30"];
      const subject = ["-subj", "/CN=test", "-addext", `subjectAltName=${host}`];
      const made = await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...args, ...subject]);
      expect(made.code).toBe(0);
    }
    writeFileSync(file("password"), `${PASSWORD}\n`);
    writeFileSync(file("wrong"), "another\n");
  });
  afterAll(() => dir[Symbol.dispose]());

  /** What became of one alert: the reason why not, if any. */
  async function told(transport: string, more: Partial<MailSettings> = {}): Promise<string | undefined> {
    const channel = mailChannel({ from: "b@example.org", to: ["a@example.org"], transport, ...more }, {});
    const alert = { subject: "web1", severity: "critical" as const, text: "no backup", since: now, told: {} };
    const context = { now, timeZone: "UTC", signal: new AbortController().signal };
    try {
      await channel.tell([{ key: "k", kind: "new", alert }], context);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      expect(message).not.toMatch(new RegExp(`${PASSWORD}|\n`));
      return message;
    }
  }

  it("takes a mail as it is on this machine, whatever certificate it has", async () => {
    const server = await MailServer.start({ tls: tls("elsewhere") });
    expect(await told(`smtp://localhost:${server.port}`)).toBeUndefined();
    expect(server.mails).toMatchObject([
      { encrypted: false, text: expect.stringContaining("[doppel] CRITICAL web1: no backup") },
    ]);
  });

  it("gets no password when nobody vouches for its certificate", async () => {
    const server = await MailServer.start({ tls: tls(), login: LOGIN });
    const passwordFile = file("password");
    const url = `smtp://backup@127.0.0.1:${server.port}`;
    expect(await told(url, { passwordFile })).toMatch(
      /^its certificate is not accepted \(self-signed certificate\), and nothing was sent: .*\(ca-file\)$/,
    );
    expect(server.heard.join(" ")).toMatch(/^EHLO \S+ STARTTLS$/);
    expect(await told(url, { passwordFile, caFile: file("here.pem") })).toBeUndefined();
    expect(server.mails).toMatchObject([{ encrypted: true }]);
    expect(await told(url, { passwordFile: file("wrong"), caFile: file("here.pem") })).toMatch(
      /^it does not accept the user and the password \(password-file\): .*535 wrong/,
    );
    expect(await told(url, { passwordFile, caFile: file("none.pem") })).toMatch(
      /certificate file .*none.pem cannot be read \(ENOENT\)/,
    );
    expect(server.heard.join(" ")).not.toContain("AUTH");
  });

  it("has to be the one that its certificate names", async () => {
    const server = await MailServer.start({ tls: tls("elsewhere"), login: LOGIN });
    const more = { passwordFile: file("password"), caFile: file("elsewhere.pem") };
    expect(await told(`smtp://backup@127.0.0.1:${server.port}`, more)).toMatch(
      /^its certificate is not accepted \(.*127\.0\.0\.1.*ca-file/,
    );
    expect(server.mails).toEqual([]);
  });

  it("gets no password in the clear", async () => {
    const server = await MailServer.start({ login: LOGIN });
    const refused = await told(`smtp://backup@127.0.0.1:${server.port}`, { passwordFile: file("password") });
    expect(refused).toMatch(/^it does not begin TLS \(.*\), and a password is sent in no other way$/);
    expect(server.heard.join(" ")).not.toContain("AUTH");
  });

  it("that begins with TLS, and one that was taken for such a one", async () => {
    const server = await MailServer.start({ tls: tls(), secure: true, login: LOGIN });
    const more = { passwordFile: file("password"), caFile: file("here.pem") };
    expect(await told(`smtps://backup@127.0.0.1:${server.port}`, more)).toBeUndefined();
    expect(server.mails).toMatchObject([{ encrypted: true }]);
    const plain = await MailServer.start({ login: LOGIN });
    expect(await told(`smtps://backup@127.0.0.1:${plain.port}`, more)).toMatch(/^it speaks no TLS on this port: write smtp:\/\//);
  });

  it("that is not there", async () => {
    expect(await told("smtp://127.0.0.1:9")).toMatch(/ECONNREFUSED 127\.0\.0\.1:9$/);
    expect(await told("smtp://no.such.host.invalid")).toMatch(/no\.such\.host\.invalid$/);
  });
});
