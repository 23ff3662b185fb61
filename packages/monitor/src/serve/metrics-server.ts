import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DoppelError, errnoOf } from "@doppel/base";

/** A server that is listening; disposing closes it, and all its connections. */
export interface MetricsServer extends AsyncDisposable {
  /** `127.0.0.1:9877` */
  readonly address: string;
}

/** `HOST:PORT`, `:PORT` or `PORT`; without a host only this machine can ask. `[::1]:9877` for IPv6. @throws cli.usage */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(?:(\[[0-9a-fA-F:]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new DoppelError("cli.usage", `--listen needs HOST:PORT or a port, not "${text}"`, { option: "--listen" });
  }
  return { host: host ? host.replace(/^\[|\]$/g, "") : "127.0.0.1", port: Number(port) };
}

/** Answers `GET /metrics` with the text of the moment. @throws cli.usage when the address cannot be listened at */
export async function serveMetrics(address: string, metrics: () => string): Promise<MetricsServer> {
  const { host, port } = parseAddress(address);
  const server = createServer((request, response) => {
    const path = (request.url ?? "").replace(/\?.*$/, "");
    if (path !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("see /metrics\n");
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
    } else {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(metrics());
    }
  });
  server.requestTimeout = 30_000;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port }, resolve);
    });
  } catch (error) {
    throw new DoppelError(
      "cli.usage",
      `cannot listen at ${address} (${errnoOf(error)}); name another address`,
      { option: "--listen" },
      error,
    );
  }
  const { address: ip, family, port: taken } = server.address() as AddressInfo;
  return {
    address: `${family === "IPv6" ? `[${ip}]` : ip}:${taken}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
