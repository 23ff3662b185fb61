import { spawn } from "node:child_process";
import { DoppelError } from "@doppel/base";
import { lastWords } from "./gpg-failure.ts";

/** How to run gpg. `env` is its whole environment (GNUPGHOME, PATH, GPG_TTY). */
export interface GpgOptions {
  /** "gpg" unless given. */
  readonly gpgBinary?: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Handed over on a file descriptor, with loopback pinentry; without it the agent asks by itself. */
  readonly passphrase?: string;
  /** The user's own options; they stand behind ours and before the operation. */
  readonly args?: readonly string[];
}

export interface GpgResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  /** Status lines without their prefix. */
  readonly status: readonly string[];
  /** What gpg told people, shortened to one line; never holds a session key. */
  readonly complaint: string;
}

/** A running gpg. `output` resolves when it has ended. */
export interface GpgProcess {
  /** Resolves when there is room for more. Never rejects: how gpg ended tells what went wrong. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the input. */
  end(): void;
  kill(): void;
  readonly result: Promise<GpgResult>;
}

const OUTPUT_LIMIT = 1 << 20;

/**
 * Starts gpg with `args` and our own plumbing: status on fd 3, a passphrase on fd 4, never on the command line.
 * `result` rejects with openpgp.gpg-failed when gpg cannot be started.
 */
export function startGpg(args: readonly string[], options: GpgOptions, operation: string): GpgProcess {
  const binary = options.gpgBinary ?? "gpg";
  const secret = options.passphrase;
  const loopback = secret === undefined ? [] : ["--pinentry-mode", "loopback", "--passphrase-fd", "4"];
  const child = spawn(binary, ["--batch", "--no-tty", "--status-fd", "3", ...loopback, ...(options.args ?? []), ...args], {
    env: options.env,
    stdio: ["pipe", "pipe", "pipe", "pipe", secret === undefined ? "ignore" : "pipe"],
  });
  const [, , , status, passphrase] = child.stdio;
  const stdin = child.stdin!;
  // gpg may end without reading all: its exit tells, not the broken pipe.
  stdin.on("error", () => undefined);
  if (passphrase && "end" in passphrase) {
    passphrase.on("error", () => undefined);
    passphrase.end(`${secret}\n`);
  }
  const collected = [child.stdout, child.stderr, status].map(collect);
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => {
      const hint = `cannot run ${binary} to ${operation} (${error.message}); install GnuPG or name the program`;
      reject(new DoppelError("openpgp.gpg-failed", hint, { operation, detail: error.message }, error));
    });
    child.once("close", (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
  const closed = ended.then(
    () => undefined,
    () => undefined,
  );
  return {
    async write(bytes) {
      await Promise.race([new Promise<void>((resolve) => stdin.write(bytes, () => resolve())), closed]);
    },
    end: () => stdin.end(),
    kill: () => void child.kill(),
    result: ended.then((exitCode) => ({
      exitCode,
      stdout: collected[0]!(),
      complaint: lastWords(collected[1]!().toString("utf8")),
      status: collected[2]!()
        .toString("utf8")
        .split("\n")
        .filter((line) => line.startsWith("[GNUPG:] "))
        .map((line) => line.slice("[GNUPG:] ".length)),
    })),
  };
}

function collect(stream: unknown): () => Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  (stream as NodeJS.ReadableStream | null)?.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= OUTPUT_LIMIT) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}
