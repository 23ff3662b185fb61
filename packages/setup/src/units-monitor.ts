import { basename } from "node:path";
import { DoppelError } from "@doppel/base";

/** What the monitor's timer is made from. All paths are absolute. */
export interface MonitorUnits {
  readonly scheduler: "systemd" | "cron";
  /** The program and what stands before its command, such as Node and a script. */
  readonly program: readonly string[];
  readonly profiles: string;
  /** Its folder for what it remembers. */
  readonly state: string;
  /** From one look to the next; with cron a part of an hour, or whole hours that are a part of a day. */
  readonly minutes: number;
  /** Undefined: a user that exists only while it runs, where systemd has such. */
  readonly user?: string;
  /** Files that only root may read, and that are handed to the service: credentials, the password of the mail server. */
  readonly secrets: readonly string[];
}

/** A file to be installed. */
export interface UnitFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** The files that make the monitor run. @throws cli.usage for an interval that cron cannot express, and names that collide */
export function monitorUnits(wish: MonitorUnits): readonly UnitFile[] {
  return wish.scheduler === "cron" ? [cronEntry(wish)] : [service(wish), timer(wish)];
}

/** Commands that make systemd run what was written. */
export const START_MONITOR: readonly (readonly string[])[] = [
  ["systemctl", "daemon-reload"],
  ["systemctl", "enable", "--now", "doppel-monitor.timer"],
];

function service({ program, profiles, state, user, secrets }: MonitorUnits): UnitFile {
  const command = [...program, "monitor", "check", "--profiles", profiles].map(word).join(" ");
  const homes = [profiles, state, ...program].some((path) => /^\/(?:home|root|run\/user)\//.test(path));
  const names = secrets.map((path) => basename(path));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    const message = `two credentials files are called ${twice}, and a service knows them by that name only; rename one`;
    throw new DoppelError("cli.usage", message, {});
  }
  const text = `# Made by doppel setup monitor.
[Unit]
Description=Look after the backups of all servers (doppel monitor check)
Documentation=man:doppel(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=${command}
# What it finds is told by its alerts; the service has failed only when it could not look.
SuccessExitStatus=1 3
TimeoutStartSec=1h
Nice=10
IOSchedulingClass=idle
UMask=0077
${user === undefined ? "DynamicUser=yes" : `User=${user}`}
${stateLines(state)}
${secrets.map((path) => `LoadCredential=${specifiers(basename(path))}:${specifiers(path)}\n`).join("")}
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=${homes ? "read-only" : "yes"}
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
DevicePolicy=closed
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# Node compiles while it runs: MemoryDenyWriteExecute would stop it.
`;
  return { path: "/etc/systemd/system/doppel-monitor.service", mode: 0o644, text: text.replace(/\n{3,}/g, "\n\n") };
}

/** systemd makes folders below /var/lib and gives them to the service's user; another has to be there. */
function stateLines(state: string): string {
  const [, name] = /^\/var\/lib\/([^/]+(?:\/[^/]+)*)$/.exec(state) ?? [];
  if (name === undefined) return `ReadWritePaths=-${word(state)}`;
  return `StateDirectory=${specifiers(name)}\nStateDirectoryMode=0700`;
}

function timer({ minutes }: MonitorUnits): UnitFile {
  const text = `# Made by doppel setup monitor.
[Unit]
Description=Look after the backups of all servers every ${minutes} minutes
Documentation=man:doppel(1)

[Timer]
OnBootSec=2min
OnActiveSec=1min
OnUnitInactiveSec=${minutes}min
RandomizedDelaySec=30s
AccuracySec=10s

[Install]
WantedBy=timers.target
`;
  return { path: "/etc/systemd/system/doppel-monitor.timer", mode: 0o644, text };
}

function cronEntry({ program, profiles, user = "root", minutes }: MonitorUnits): UnitFile {
  const command = [...program, "monitor", "check", "--profiles", profiles].map(shellWord).join(" ");
  const text = `# Made by doppel setup monitor.
# The table is nobody's mail; what could not be delivered or looked at is, and so is standard error.
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${everyMinutes(minutes)} ${user} ${command.replaceAll("%", "\\%")} >/dev/null
`;
  return { path: "/etc/cron.d/doppel-monitor", mode: 0o644, text };
}

function everyMinutes(minutes: number): string {
  if (minutes < 60 && 60 % minutes === 0) return `*/${minutes} * * * *`;
  const hours = minutes / 60;
  if (Number.isInteger(hours) && 24 % hours === 0) return hours === 24 ? "0 6 * * *" : `0 */${hours} * * *`;
  throw new DoppelError(
    "cli.usage",
    `cron cannot do something every ${minutes} minutes: name a part of an hour, or of a day in hours`,
    {
      option: "--check-minutes",
    },
  );
}

/** One word of a command line in a unit (systemd.service(5), "Command lines"). */
function word(text: string): string {
  const plain = specifiers(text).replaceAll("$", "$$$$");
  return /^[A-Za-z0-9_@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, "\\$&")}"`;
}

function specifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
