import { spawn } from "node:child_process";

/** Longer than any of these programs takes to tell about itself. */
const TIMEOUT_MS = 20_000;

export interface ProgramAnswer {
  readonly code: number | null;
  readonly stdout: string;
}

/** Runs a program that asks nothing, without a terminal; undefined when there is no such program. Its errors are not shown. */
export function runProgram(
  file: string,
  args: readonly string[],
  {
    env,
    signal,
    input = new Uint8Array(0),
  }: { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal; readonly input?: Uint8Array },
): Promise<ProgramAnswer | undefined> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, signal, timeout: TIMEOUT_MS, stdio: ["pipe", "pipe", "ignore"] });
    const chunks: Buffer[] = [];
    child.on("error", () => resolve(undefined));
    child.stdin.on("error", () => undefined); // it need not read
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", (code) => resolve({ code, stdout: Buffer.concat(chunks).toString("utf8") }));
    child.stdin.end(input);
  });
}
