import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DoppelError, errnoOf } from "@doppel/base";
import type { Profiles } from "@doppel/monitor";
import { monitorUnits, START_MONITOR, type UnitFile } from "@doppel/setup";
import { localPath } from "../locations.ts";
import { openProfiles } from "../profiles/open-profiles.ts";
import { programItself } from "../program-itself.ts";
import type { Command } from "../session.ts";

/** `doppel setup monitor`: writes the timer and starts it; `--print` shows it, `--root` writes it elsewhere. */
export const setupMonitor: Command = async ({ invocation, environment, renderer }) => {
  const { settings } = invocation;
  const { scheduler, "service-user": user, print } = settings;
  if (user !== undefined && !/^[a-z_][a-z0-9_-]*\$?$/i.test(user)) {
    throw new DoppelError("cli.usage", `--service-user needs the name of a user, not "${user}"`, { option: "--service-user" });
  }
  const profiles = await openProfiles(settings.profiles === undefined ? undefined : localPath(settings.profiles), environment);
  const files = monitorUnits({
    scheduler,
    program: programItself(),
    profiles: profiles.file,
    state: profiles.monitor.state,
    minutes: settings["check-minutes"],
    ...(user !== undefined && { user }),
    secrets: scheduler === "systemd" ? secretsOf(profiles) : [],
  });
  const remarks = scheduler === "systemd" && user === undefined ? remarksOn(profiles) : [];
  const root = settings.root === undefined ? undefined : resolve(environment.cwd, localPath(settings.root));
  const commands = scheduler === "systemd" ? START_MONITOR : [];
  if (!print) {
    for (const file of files) install(file, root ?? "/");
    if (root === undefined) for (const command of commands) start(command);
  }
  const shown = print
    ? files.map(({ path, text }) => `# ${path}\n${text}`)
    : files.map(({ path }) => `written: ${join(root ?? "/", path)}\n`);
  const next = print || root !== undefined ? commands.map((command) => `# ${command.join(" ")}\n`) : [];
  const text = [...shown, ...next, ...remarks.map((remark) => `note: ${remark}\n`)].join(print ? "\n" : "");
  renderer.result({ kind: "page", name: "setup-monitor", text, data: { files, commands, remarks, written: !print } });
  return "complete";
};

/** What only root may read, and the service gets from systemd. */
function secretsOf({ byName, monitor }: Profiles): readonly string[] {
  const files = [...byName.values()].flatMap(({ credentials }) => (credentials?.kind === "file" ? [credentials.path] : []));
  const { mail } = monitor.alerts;
  return [...new Set([...files, ...(mail?.passwordFile === undefined ? [] : [mail.passwordFile])])];
}

/** What a user that exists only while the service runs cannot do. */
function remarksOn({ file, byName, monitor }: Profiles): readonly string[] {
  const remarks: string[] = [];
  if (!monitor.state.startsWith("/var/lib/")) {
    remarks.push(
      `the service cannot write to ${monitor.state}: put monitor.state below /var/lib, which systemd makes for it, or name --service-user`,
    );
  }
  if ((statSync(file).mode & 0o004) === 0)
    remarks.push(`${file} must be readable for the service, and holds no secrets: chmod 644 ${file}`);
  if (monitor.alerts.mail?.transport === "sendmail") {
    remarks.push(
      "most sendmail programs need rights that this service has not: let mail go to smtp://localhost:25, or name --service-user",
    );
  }
  if ([...byName.values()].some(({ url }) => url.startsWith("/") || url.startsWith("file:"))) {
    remarks.push("targets in local folders must be readable for everybody, or name --service-user");
  }
  return remarks;
}

function install({ path, mode, text }: UnitFile, root: string): void {
  const place = join(root, path);
  try {
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text, { mode });
    chmodSync(place, mode);
  } catch (error) {
    const message = `cannot write ${place} (${errnoOf(error)}): run it as root, or look at what it would write with --print`;
    throw new DoppelError("temp.unusable", message, { path: place }, error);
  }
}

function start([program, ...args]: readonly string[]): void {
  const { PATH = "/usr/sbin:/usr/bin:/sbin:/bin" } = process.env;
  try {
    execFileSync(program!, args, { env: { PATH }, stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    const message = `the files are written, but ${[program, ...args].join(" ")} failed: run it yourself where systemd runs`;
    throw new DoppelError("temp.unusable", message, { path: program! }, error);
  }
}
