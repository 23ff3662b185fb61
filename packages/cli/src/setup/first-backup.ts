import { existsSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, pathFromText } from "@doppel/base";
import { backupCommand, PROFILES, scriptPath, type ServerPlan, unitName } from "@doppel/setup";
import { pasteable } from "../pasteable.ts";
import type { Session } from "../session.ts";
import { type Ended, errorIn, resultOf, runChild } from "./child.ts";

/** Where a server is set up. */
export interface Ground {
  readonly plan: ServerPlan;
  /** "/" for this machine. */
  readonly root: string;
  readonly session: Session;
}

/** What makes systemd know the units. */
export function startCommands(server: string): readonly (readonly string[])[] {
  return [
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "--now", `${unitName(server)}.timer`],
  ];
}

/** Whether this machine's systemd runs the units: not in a container, nor below another root. */
export function runsSystemd({ plan, root }: Pick<Ground, "plan" | "root">): boolean {
  return plan.timing.scheduler === "systemd" && root === "/" && existsSync("/run/systemd/system");
}

/**
 * The first backup, as every one after it will be: by starting the service, or by running the very command of the service or
 * the script, in an environment as bare as theirs. @returns its exit code
 */
export async function firstBackup(ground: Ground): Promise<number> {
  const { plan, root, session } = ground;
  const run = async (command: readonly string[]): Promise<Ended> =>
    runChild(command, { env: environmentOf(ground), signal: session.runtime.signal });
  if (runsSystemd(ground)) {
    await run(["systemctl", "daemon-reload"]);
    const unit = `${unitName(plan.server)}.service`;
    const { exit } = await run(["systemctl", "start", unit]);
    if (exit === 0) return 0;
    // systemctl's own code says only that it failed; something left out is no failure of the setup.
    const { stdout } = await run(["systemctl", "show", "--property=ExecMainStatus", "--value", unit]);
    return Number(stdout) || exit;
  }
  const command =
    plan.timing.scheduler === "cron" ? [join(root, scriptPath(plan.server))] : [...plan.program, ...backupCommand(plan)];
  return (await run(command)).exit;
}

/** What became of a try to prove that the first backup can be restored. */
export type Proof =
  | { readonly kind: "restored"; readonly files: number; readonly warnings: readonly string[] }
  | { readonly kind: "read-back"; readonly objects: number; readonly warnings: number }
  /** The key or its passphrase is not the right one, which says nothing about the backup. */
  | { readonly kind: "locked"; readonly why: string; readonly secretFile: string }
  | { readonly kind: "failed"; readonly problems: readonly string[] };

/** What is wrong with a key, not with what is encrypted to it. */
const KEY_ERRORS: readonly string[] = [
  "openpgp.key-not-found",
  "openpgp.key-unusable",
  "openpgp.no-secret-key",
  "openpgp.passphrase-needed",
  "openpgp.wrong-passphrase",
] satisfies readonly ErrorCode[];

/** Restores random files of the backup with the secret key, and compares them with what was told of them when they were backed up. */
export async function restoreProof(ground: Ground, secretFile: string, passphrase: string | undefined): Promise<Proof> {
  const args = ["--secret-key", secretFile, ...(passphrase === undefined ? [] : ["--passphrase-fd", "3"])];
  const { exit, found, error } = await asked(ground, "drill", args, passphrase);
  if (KEY_ERRORS.includes(String(error?.["code"])))
    return { kind: "locked", why: textOf(error) ?? "the key cannot be used", secretFile };
  const again = `drill --secret-key ${pasteable(pathFromText(secretFile))}`;
  if (exit !== 0 && exit !== 3)
    return { kind: "failed", problems: problemsOf(found, textOf(error) ?? failure(ground, again, exit)) };
  const warnings = textsIn(found, "warnings");
  const files = Number(found?.["files"] ?? 0);
  if (files === 0) return { kind: "failed", problems: ["there was no file in the backup that could be restored", ...warnings] };
  return { kind: "restored", files, warnings };
}

/** Without the secret key: reads every object of the backup again, and compares it with the receipt of what was stored. */
export async function readBackProof(ground: Ground): Promise<Proof> {
  const { exit, found } = await asked(ground, "audit", ["--sample", "all"]);
  if (exit !== 0 && exit !== 3) return { kind: "failed", problems: [failure(ground, "audit", exit)] };
  return { kind: "read-back", objects: Number(found?.["read"] ?? 0), warnings: Number(found?.["warnings"] ?? 0) };
}

async function asked(ground: Ground, command: "drill" | "audit", args: readonly string[], secret?: string) {
  const { plan, session } = ground;
  const line = [...plan.program, command, `@${plan.server}`, "--json", ...args];
  const signal = session.runtime.signal;
  const { exit, stdout } = await runChild(line, { env: environmentOf(ground), signal, ...(secret !== undefined && { secret }) });
  return { exit, found: resultOf(stdout, command), error: errorIn(stdout) };
}

function failure({ plan }: Ground, command: string, exit: number): string {
  return `doppel ${command} @${plan.server} ended with exit code ${exit}: run it to see why`;
}

function problemsOf(found: Found, otherwise: string): readonly string[] {
  const problems = textsIn(found, "problems");
  return problems.length > 0 ? problems : [otherwise];
}

function textOf(error: Found): string | undefined {
  const message = error?.["message"];
  return typeof message === "string" ? message : undefined;
}

type Found = ReturnType<typeof resultOf>;

function textsIn(found: Found, key: string): readonly string[] {
  const texts = found?.[key];
  return Array.isArray(texts) ? texts.map(String) : [];
}

/** As bare as a service's: what works here works at night. */
function environmentOf({ root, session }: Ground): Readonly<Record<string, string>> {
  const { PATH, LANG, TMPDIR } = session.environment.variables;
  return {
    PATH: PATH ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...(LANG !== undefined && { LANG }),
    ...(TMPDIR !== undefined && { TMPDIR }),
    DOPPEL_PROFILES: join(root, PROFILES),
  };
}
