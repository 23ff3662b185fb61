import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A client that sent `Expect: 100-continue` waits with its body until it is told to go on. */
export interface Gate {
  /** False once the client was told, or when it never asked. */
  readonly closed: boolean;
  open(): void;
}

export interface HttpListener extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
}

/** Serves HTTP on 127.0.0.1 at a free port, without any time limits. `serve` must not reject. */
export async function listenHttp(
  serve: (request: IncomingMessage, response: ServerResponse, gate: Gate) => Promise<void>,
): Promise<HttpListener> {
  const http = createServer({ noDelay: true, requestTimeout: 0, headersTimeout: 0 });
  // Otherwise a connection may be closed at the moment in which its client uses it again.
  http.keepAliveTimeout = 0;
  const begin = (request: IncomingMessage, response: ServerResponse, asked: boolean) => {
    let closed = asked;
    const gate: Gate = {
      get closed() {
        return closed;
      },
      open() {
        if (closed) response.writeContinue();
        closed = false;
      },
    };
    void serve(request, response, gate);
  };
  http.on("request", (request, response) => begin(request, response, false));
  http.on("checkContinue", (request, response) => begin(request, response, true));
  await new Promise<void>((resolve, reject) => http.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
