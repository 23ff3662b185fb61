import { statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { DoppelError, isDoppelError, pathFromText, type Runtime } from "@doppel/base";
import { lockArchiveDir, readReceipt } from "@doppel/engine/internal";
import {
  check,
  deliver,
  type MonitorReport,
  MonitorState,
  nagios,
  type Profiles,
  prometheus,
  serveMetrics,
  writeWhole,
} from "@doppel/monitor";
import { localPath } from "../locations.ts";
import { openProfileStorage, targetOfProfile } from "../profiles/open-profile.ts";
import { openProfiles } from "../profiles/open-profiles.ts";
import { monitorText } from "../render/monitor.ts";
import type { Command, Session } from "../session.ts";
import { foldersBelow, lifecycleDaysOf, openTarget, subkeysOf } from "../wire.ts";

const WRONG = 1;
const WARNINGS = 3;
const NAGIOS_UNKNOWN = 3;
/** So long another check is waited for: plugins have a minute. */
const LOCK_MS = 40_000;
const LOCK_STEP_MS = 250;

/**
 * `doppel monitor check [NAME]`: 0 all is well, 1 something is critical or could not be looked at, 3 warnings, or an alert that
 * could not be delivered. `--nagios`: 0, 1, 2 and 3 as its plugins.
 */
export const monitorCheck: Command = async (session) => {
  const { invocation, renderer } = session;
  const { nagios: asPlugin, listen } = invocation.settings;
  if (asPlugin && listen !== undefined) {
    throw new DoppelError("cli.usage", "--nagios and --listen exclude each other", { option: "--nagios" });
  }
  if (listen !== undefined) return keepChecking(session, listen);
  try {
    const { report, undelivered } = await checkOnce(session);
    if (asPlugin) {
      const { line, exit } = nagios(report);
      renderer.result({ kind: "page", name: "monitor", text: line, data: report });
      return { exit };
    }
    renderer.result({ kind: "page", name: "monitor", text: monitorText(report), data: { ...report, undelivered } });
    return { exit: exitOf(report, undelivered.length) };
  } catch (error) {
    if (!asPlugin || !(error instanceof DoppelError)) throw error;
    // Nagios reads one line of standard output and the exit code, whatever happens.
    const text = `DOPPEL UNKNOWN - ${error.message.replaceAll("|", "/")}\n`;
    renderer.result({ kind: "page", name: "monitor", text, data: { error: error.code } });
    return { exit: NAGIOS_UNKNOWN };
  }
};

interface Checked {
  readonly report: MonitorReport;
  readonly undelivered: readonly string[];
}

/** One look at everything, and what follows from it. The profiles are read each time: a service notices when they change. */
async function checkOnce(session: Session): Promise<Checked> {
  const { invocation, environment, runtime } = session;
  const { settings, positionals } = invocation;
  if (settings.prometheus !== undefined) checkMetricsFile(localPath(settings.prometheus));
  const warn = (detail: string): void => runtime.emit({ type: "notice", reason: "monitor", incomplete: false, detail });
  const profiles = await openProfiles(settings.profiles === undefined ? undefined : localPath(settings.profiles), environment);
  await using _lock = await lockState(profiles.monitor.state, runtime);
  const state = new MonitorState(profiles.monitor.state, warn);
  const [name] = positionals;
  const report = await check(
    {
      profiles,
      state,
      open: (profile) => openProfileStorage(profile, "read", quiet(session), profiles),
      readReceipt,
      subkeys: (profile) => subkeysOf(profile, session),
      expireDays: (profile, signal) => lifecycleDaysOf(targetOfProfile(profile, profiles), session, signal),
      foldersBelow: (root, signal) => foldersBelow(root, asNeighbour(root, profiles, quiet(session)), signal),
      openUrl: (url) => openTarget(pathFromText(url), "read", asNeighbour(url, profiles, quiet(session))),
    },
    name === undefined ? undefined : localPath(name).replace(/^@/, ""),
    runtime,
  );
  if (settings.prometheus !== undefined) await writeWhole(localPath(settings.prometheus), prometheus(report), 0o644);
  if (settings.nagios) return { report, undelivered: [] };
  const { alerts } = profiles.monitor;
  const deps = { settings: alerts, state, env: environment.variables, signal: runtime.signal };
  const undelivered = await deliver(report, settings.digest, deps);
  for (const line of undelivered) warn(`an alert could not be delivered, and is tried again next time: ${line}`);
  return { report, undelivered };
}

/** Its folder is that of another program, the node exporter: one that is not there is a slip. @throws cli.usage */
function checkMetricsFile(path: string): void {
  const folder = dirname(resolve(path));
  const problem = !statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? `there is no folder ${folder}; make it, or name another FILE`
    : statSync(path, { throwIfNoEntry: false })?.isDirectory()
      ? `${path} is a folder; name a FILE in it, such as ${join(path, "doppel.prom")}`
      : undefined;
  if (problem !== undefined) throw new DoppelError("cli.usage", `--prometheus: ${problem}`, { option: "--prometheus" });
}

/** `--listen`: until a signal ends it, which is no failure. */
async function keepChecking(session: Session, address: string): Promise<{ readonly exit: number }> {
  const { runtime, invocation } = session;
  const { clock, signal } = runtime;
  let metrics = "";
  try {
    const first = await checkOnce(session);
    metrics = prometheus(first.report);
    await using server = await serveMetrics(address, () => metrics);
    session.renderer.result({
      kind: "page",
      name: "monitor",
      text: `listening at http://${server.address}/metrics\n`,
      data: { listening: server.address },
    });
    for (;;) {
      await clock.sleep(invocation.settings["check-minutes"] * 60_000, signal);
      metrics = await checkAgain(session, metrics);
    }
  } catch (error) {
    if (signal.aborted) return { exit: 0 };
    throw error;
  }
}

/** The new metrics; the old ones when a run of the timer is under way, or the profiles file is being edited: their time tells. */
async function checkAgain(session: Session, before: string): Promise<string> {
  try {
    return prometheus((await checkOnce(session)).report);
  } catch (error) {
    if (session.runtime.signal.aborted || !(error instanceof DoppelError)) throw error;
    session.runtime.emit({ type: "notice", reason: "monitor", incomplete: false, detail: error.message });
    return before;
  }
}

/** Two runs would write the same files, and tell everything twice; Nagios starts many at once. @throws archive-dir.locked */
async function lockState(state: Profiles["monitor"]["state"], runtime: Runtime): Promise<AsyncDisposable> {
  const path = join(state, "lock");
  for (let waited = 0; ; waited += LOCK_STEP_MS) {
    try {
      return await lockArchiveDir(path, { hostname: hostname(), create: true }, runtime);
    } catch (error) {
      if (isDoppelError(error, "archive-dir.unusable")) {
        const message = `the monitor's folder ${state} cannot be written to: run it as the user that it belongs to, or name another (monitor.state)`;
        throw new DoppelError("temp.unusable", message, { path: state }, error);
      }
      if (!isDoppelError(error, "archive-dir.locked")) throw error;
      if (waited >= LOCK_MS) {
        throw new DoppelError(
          "archive-dir.locked",
          `another check is under way (${path}); wait until it has ended`,
          { path },
          error,
        );
      }
    }
    await runtime.clock.sleep(LOCK_STEP_MS, runtime.signal);
  }
}

/**
 * What no profile describes is looked at with the environment's credentials; without any, as the first profile in the same bucket is: a
 * service has none in its environment.
 */
function asNeighbour(url: string, profiles: Profiles, session: Session): Session {
  const { AWS_ACCESS_KEY_ID: key, AWS_PROFILE: named } = session.environment.variables;
  if (key !== undefined || named !== undefined) return session;
  const placeIn = (one: string): string | undefined => /^[a-z0-9+.-]+:\/\/[^/]+/i.exec(one)?.[0];
  const place = placeIn(url);
  const neighbour = [...profiles.byName.values()].find((profile) => place !== undefined && placeIn(profile.url) === place);
  if (neighbour === undefined) return session;
  return { ...session, targets: new Map([[pathFromText(url), targetOfProfile(neighbour, profiles)]]) };
}

/** Retries and remarks about a thousand targets are nobody's news; what comes of them is in the report. */
function quiet(session: Session): Session {
  const emit: Runtime["emit"] = (event) => {
    if (event.type === "debug") session.runtime.emit(event);
  };
  return { ...session, runtime: { ...session.runtime, emit } };
}

function exitOf({ profiles, fleet }: MonitorReport, undelivered: number): number {
  const severities = [...profiles, ...fleet].map(({ severity }) => severity);
  if (severities.some((severity) => severity === "critical" || severity === "unknown")) return WRONG;
  return undelivered > 0 || severities.includes("warning") ? WARNINGS : 0;
}
