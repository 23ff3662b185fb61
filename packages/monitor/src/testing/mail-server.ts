import { type AddressInfo, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";

interface MailServerOptions {
  /** PEM: it offers STARTTLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whether connections begin with TLS. */
  readonly secure?: boolean;
  /** `\0user\0password`: who may send. */
  readonly login?: string;
}

/** A mail server on this machine: as much of RFC 5321, 3207 and 4954 as sending takes. */
export class MailServer {
  /** Texts of the mails that came, and in what way. */
  readonly mails: { readonly text: string; readonly encrypted: boolean }[] = [];
  /** What was said before a connection was encrypted, a line each. */
  readonly heard: string[] = [];
  readonly #options: MailServerOptions;
  #port = 0;

  private constructor(options: MailServerOptions) {
    this.#options = options;
  }

  /** Closed when the test is over. */
  static async start(options: MailServerOptions = {}): Promise<MailServer> {
    const made = new MailServer(options);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      if (options.secure) return made.#serve(made.#encrypted(socket), true);
      made.#serve(socket, false);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    made.#port = (server.address() as AddressInfo).port;
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return made;
  }

  get port(): number {
    return this.#port;
  }

  #encrypted(socket: Socket): TLSSocket {
    socket.removeAllListeners("data");
    return new TLSSocket(socket, { isServer: true, ...this.#options.tls });
  }

  #serve(socket: Socket, encrypted: boolean, greets = true): void {
    const { tls, login } = this.#options;
    const say = (line: string): boolean => socket.write(`${line}\r\n`);
    let rest = "";
    let text: string[] | undefined;
    socket.on("error", () => socket.destroy());
    if (greets) say("220 test");
    socket.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("latin1")).split("\r\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (!encrypted) this.heard.push(line);
        if (text !== undefined) {
          if (line !== ".") text.push(line);
          else {
            this.mails.push({ text: text.join("\n"), encrypted });
            text = undefined;
            say("250 taken");
          }
        } else if (/^EHLO/i.test(line)) {
          say(
            `250-test\r\n${tls && !encrypted ? "250-STARTTLS\r\n" : ""}${login === undefined ? "" : "250-AUTH PLAIN\r\n"}250 ok`,
          );
        } else if (/^STARTTLS$/i.test(line) && tls) {
          say("220 go on");
          return this.#serve(this.#encrypted(socket), true, false);
        } else if (/^STARTTLS$/i.test(line)) say("502 what?");
        else if (/^AUTH PLAIN /i.test(line)) {
          const given = Buffer.from(line.slice(11), "base64").toString();
          say(given === login ? "235 welcome" : "535 wrong");
        } else if (/^DATA$/i.test(line)) {
          text = [];
          say("354 go on");
        } else if (/^QUIT$/i.test(line)) {
          say("221 bye");
          socket.end();
        } else say("250 ok");
      }
    });
  }
}
