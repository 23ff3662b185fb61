import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./lock-holder.ts", import.meta.url));

/** Another process that may take the lock of an archive directory. */
export class Holder implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<unknown>;

  private constructor(path: string) {
    this.process = spawn(process.execPath, ["-C", "@doppel/source", "--import", "tsx", SCRIPT, path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.process.stdout! });
    this.#ended = once(this.process, "close");
  }

  /** Resolves when all of them are ready to be told. */
  static async start(path: string, count: number): Promise<readonly Holder[]> {
    const holders = Array.from({ length: count }, () => new Holder(path));
    await Promise.all(holders.map((holder) => once(holder.#lines, "line")));
    return holders;
  }

  /** "held", "locked", or what went wrong. */
  async take(): Promise<string> {
    const line = once(this.#lines, "line");
    this.process.stdin!.write("take\n");
    return String((await line)[0]);
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.stdin!.end();
    await this.#ended;
  }
}
