/** Lets the processes of a test run share one gateway, which is started when the first of them asks, and ends with the run. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, startGateway, stopGateway } from "./gateway.ts";

export interface Broker {
  /** A socket's path: who connects is sent `{ env }` or `{ problem }` as JSON. */
  readonly address: string;
  stop(): Promise<void>;
}

export async function startBroker(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), "doppel-s3-"));
  const address = join(folder, "broker");
  let gateway: Promise<Gateway> | undefined;
  const server = createServer((socket) => {
    socket.on("error", () => {}); // who asked has gone
    gateway ??= startGateway("ours");
    gateway.then(
      ({ env }) => socket.end(JSON.stringify({ env })),
      (error: Error) => socket.end(JSON.stringify({ problem: error.message })),
    );
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(address, resolve));
  return {
    address,
    async stop() {
      server.close();
      rmSync(folder, { recursive: true });
      const started = await gateway?.catch(() => undefined);
      if (started !== undefined) await stopGateway(started);
    },
  };
}
