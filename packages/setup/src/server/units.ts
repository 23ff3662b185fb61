import { backupCommand, CACHE, CONFIG, namesOf, PROFILES, type ServerFile, type ServerPlan, TEMP } from "./plan.ts";
import { clock } from "./profile.ts";
import { shellWord, unitItem, unitText, unitWord } from "./words.ts";

/** What makes a server's backup run every night: a service and its timer, or a script for cron. */
export function schedulerFiles(plan: ServerPlan): readonly ServerFile[] {
  return plan.timing.scheduler === "systemd" ? [service(plan), timer(plan)] : [script(plan)];
}

export function unitName(server: string): string {
  return `doppel-${server}`;
}

/** run-parts passes over names with a dot in them. */
export function scriptPath(server: string): string {
  return `/etc/cron.daily/doppel-${server.replaceAll(".", "_")}`;
}

/** What another kind of schedule would have made, and run beside this one: the file, and how it is stopped. */
export function otherScheduler({ server, timing }: ServerPlan): { readonly path: string; readonly stop: string } {
  const unit = `${unitName(server)}.timer`;
  return timing.scheduler === "cron"
    ? { path: `/etc/systemd/system/${unit}`, stop: `systemctl disable --now ${unit}; rm` }
    : { path: scriptPath(server), stop: "rm" };
}

function service(plan: ServerPlan): ServerFile {
  const { server, url, folders, timing, credentials, program } = plan;
  const onFailure = timing.scheduler === "systemd" ? timing.onFailure : undefined;
  const isHere = folderOfTarget(url);
  const inTemp = [...folders, ...(isHere === undefined ? [] : [isHere])].some((path) => /^\/(?:var\/)?tmp(?:\/|$)/.test(path));
  const caches = [CACHE, ...(inTemp ? [TEMP] : [])].map((path) => unitText(path.replace("/var/cache/", "")));
  const text = `# Made by doppel setup server.
[Unit]
Description=Backup of ${unitText(server)} (doppel)
Documentation=man:doppel(1)
Wants=network-online.target
After=network-online.target
${onFailure === undefined ? "" : `OnFailure=${onFailure}\n`}
[Service]
Type=oneshot
ExecStart=${[...program, ...backupCommand(plan)].map(unitWord).join(" ")}
Environment=DOPPEL_PROFILES=${PROFILES}
${credentials ? `LoadCredential=${unitText(namesOf(server).credentials)}:${unitText(`${CONFIG}/${namesOf(server).credentials}`)}\n` : ""}Nice=10
IOSchedulingClass=idle
UMask=0077

# It reads everything, and writes only what it remembers from one run to the next${isHere === undefined ? "" : ", and the backups"}.
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
CacheDirectory=${caches.join(" ")}
CacheDirectoryMode=0700
${isHere === undefined ? "" : `ReadWritePaths=${unitItem(isHere)}\n`}${inTemp ? `# Some of /tmp is backed up, or holds the backups: a private one would hide it. What the service needs for a while it has elsewhere.\nPrivateTmp=no\nEnvironment=TMPDIR=${TEMP}` : "PrivateTmp=yes"}
PrivateDevices=yes
DevicePolicy=closed
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
KeyringMode=private
LockPersonality=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# No MemoryDenyWriteExecute: Node's engine (V8) compiles while it runs, into memory that it writes and executes.
# No PrivateUsers: in a user namespace of its own the service could not read other users' files.
`;
  return { path: `/etc/systemd/system/${unitName(server)}.service`, mode: 0o644, text };
}

/** The folder of a target on this machine. */
function folderOfTarget(url: string): string | undefined {
  const path = url.startsWith("file:") ? url.replace(/^file:(?:\/\/)?/, "") : url;
  if (!path.startsWith("/")) return undefined;
  try {
    return path === url ? path : decodeURIComponent(path);
  } catch {
    return path; // a % that is none of a URL's
  }
}

function timer({ server, timing }: ServerPlan): ServerFile {
  if (timing.scheduler !== "systemd") throw new Error("cron has no timer");
  const { minuteOfDay, delay } = timing;
  const text = `# Made by doppel setup server.
[Unit]
Description=Backup of ${unitText(server)} every night (doppel)
Documentation=man:doppel(1)

[Timer]
OnCalendar=*-*-* ${clock(minuteOfDay)}:00
RandomizedDelaySec=${delay}
# A night that the server slept through is made up for.
Persistent=true

[Install]
WantedBy=timers.target
`;
  return { path: `/etc/systemd/system/${unitName(server)}.timer`, mode: 0o644, text };
}

/** Its lock is doppel's own, so two never run at a time. */
function script(plan: ServerPlan): ServerFile {
  const { server } = plan;
  const command = [...plan.program, ...backupCommand(plan)].map(shellWord).join(" ");
  const text = `#!/bin/sh
# Made by doppel setup server. The exit status is doppel's; what it says goes to syslog.
DOPPEL_PROFILES=\${DOPPEL_PROFILES:-${PROFILES}}
export DOPPEL_PROFILES
umask 077
idle=
command -v ionice >/dev/null 2>&1 && idle="ionice -c 3"

# A pipe's status is that of logger: doppel's own goes around it, through descriptor 3. Without a logger cron mails it.
status=$(
	{
		{
			nice -n 10 $idle ${command} 2>&1 3>&-
			echo $? >&3
		} | { logger -t ${unitName(server)} >/dev/null 2>&1 || cat >&2; }
	} 3>&1
)
[ "$status" = 0 ] || echo "doppel: the backup of ${server} ended with exit status $status; see journalctl -t ${unitName(server)}, or syslog" >&2
exit "$status"
`;
  return { path: scriptPath(server), mode: 0o755, text };
}
