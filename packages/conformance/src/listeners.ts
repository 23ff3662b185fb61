import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { onTestFinished } from "vitest";

/** A request that came in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An HTTP server on this machine that keeps what it is sent, and answers with `status()`. */
export async function httpListener(
  status: () => number = () => 200,
): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      received.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(status()).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

/** A mail that came in. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** As much of RFC 5321 as takes a mail in; `refuses` answers every mail with 554. */
export async function smtpListener(): Promise<{ readonly port: number; readonly mails: ReceivedMail[]; refuses: boolean }> {
  const state = { port: 0, mails: [] as ReceivedMail[], refuses: false };
  const server = createServer((socket) => {
    let from = "";
    let to: string[] = [];
    let data: string[] | undefined;
    let rest = "";
    const say = (line: string): boolean => socket.write(`${line}\r\n`);
    say("220 test");
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      const lines = (rest + chunk.toString("latin1")).split("\r\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (data !== undefined) {
          if (line !== ".") {
            data.push(line.replace(/^\./, ""));
            continue;
          }
          state.mails.push({ from, to, text: data.join("\n") });
          data = undefined;
          to = [];
          say("250 taken");
        } else if (/^(EHLO|HELO)/i.test(line)) say("250 test");
        else if (/^MAIL FROM:/i.test(line)) {
          from = /<(.*)>/.exec(line)![1]!;
          say(state.refuses ? "554 not today" : "250 ok");
        } else if (/^RCPT TO:/i.test(line)) {
          to.push(/<(.*)>/.exec(line)![1]!);
          say("250 ok");
        } else if (/^DATA/i.test(line)) {
          data = [];
          say("354 go on");
        } else if (/^QUIT/i.test(line)) {
          say("221 bye");
          socket.end();
        } else say("250 ok");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.port = (server.address() as AddressInfo).port;
  onTestFinished(() => void server.close());
  return state;
}
