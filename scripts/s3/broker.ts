/** Lets the processes of a test run share one gateway, which is started when the first of them asks, and ends with the run. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Broker {
  /** A socket's path: who connects is sent `{ env }` or `{ problem }` as JSON. */
  readonly address: string;
  stop(): Promise<void>;
}

export async function startBroker(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), "doppel-s3-"));
  const address = join(folder, "broker");
  let child: ChildProcess | undefined;
  let answer: Promise<unknown> | undefined;
  const server = createServer((socket) => {
    socket.on("error", () => {}); // who asked has gone
    child ??= startRunner();
    answer ??= answerOf(child);
    void answer.then((message) => socket.end(JSON.stringify(message)));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(address, resolve));
  return {
    address,
    async stop() {
      server.close();
      rmSync(folder, { recursive: true });
      if (child === undefined || child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** What the runner says, or that it says nothing. */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    child.once("message", resolve);
    child.once("error", (error) => resolve({ problem: error.message }));
    child.once("exit", (code) => resolve({ problem: `its process ended with exit code ${code}` }));
  });
}

/** In a process of its own, because vitest's could end without cleaning up. */
function startRunner(): ChildProcess {
  const runner = join(import.meta.dirname, "runner.ts");
  return spawn(process.execPath, ["-C", "@doppel/source", "--import", "tsx", runner], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}
