import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import { redactUrl, type Storage } from "@doppel/storage";
import type { Profile, Profiles } from "../config/types.ts";
import type { Case } from "../judge/case.ts";
import { chainBytes, lastGoodExpires } from "../judge/expiry.ts";
import { some, worst } from "../judge/finding.ts";
import { trustedAfter } from "../judge/keys.ts";
import { judge } from "../judge/judge.ts";
import { newestMade } from "../judge/schedule.ts";
import { lastGood } from "../judge/soundness.ts";
import type { FleetFinding, MonitorReport, ProfileReport, Summary } from "../report.ts";
import { lastDue, nextDeadline } from "../schedule/due.ts";
import type { MonitorState } from "../state/store.ts";
import { endpointOf } from "./endpoint.ts";
import { look } from "./look.ts";
import { inParallel } from "./parallel.ts";
import type { ReadReceipt } from "./receipt-digest.ts";

/** What a check is given. */
export interface CheckDeps {
  readonly profiles: Pick<Profiles, "byName" | "bad" | "badUrls" | "monitor">;
  readonly state: MonitorState;
  /** The caller's way to a target, with the profile's credentials and options. Disposed of here. @throws storage.*, profiles.bad */
  readonly open: (profile: Profile, signal: AbortSignal) => Promise<Storage>;
  readonly readReceipt: ReadReceipt;
  /** IDs of the subkeys that messages to these keys name, of those whose key files are here; by fingerprint and ID of the primary key, upper case. */
  readonly subkeys?: (profile: Profile) => Promise<ReadonlyMap<string, readonly string[]>>;
  /** After how many days the bucket itself says that it forgets. */
  readonly expireDays?: (profile: Profile, signal: AbortSignal) => Promise<number | undefined>;
  /** Names of the folders below a root. */
  readonly foldersBelow?: (root: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** A target that no profile describes. */
  readonly openUrl?: (url: string) => Promise<Storage>;
}

interface Failure {
  readonly profile: Profile;
  readonly endpoint: string;
  readonly code: string;
  readonly text: string;
}

/** An endpoint of which so many targets failed and none answered is not asked again in this check. */
const GIVE_UP = 3;
/** From so many targets on that fail in the same way, none of them working, it is the endpoint's fault. */
const SHARED = 3;

/**
 * Looks at all profiles, or at one. What fails for one never stops the others.
 * @throws run.aborted, cli.usage for a name that is not there, temp.unusable when nothing can be remembered
 */
export async function check(
  deps: CheckDeps,
  only: string | undefined,
  runtime: Pick<Runtime, "clock" | "signal">,
): Promise<MonitorReport> {
  const { byName, bad, monitor } = deps.profiles;
  if (only !== undefined && !byName.has(only) && !bad.has(only)) {
    const known = some([...byName.keys()], 10) || "none";
    throw new DoppelError("cli.usage", `there is no profile ${only}; the profiles file has ${known}`, {});
  }
  const now = runtime.clock.now();
  const chosen = [...byName.values()].filter(({ name }) => only === undefined || name === only);
  const reports = new Map<string, ProfileReport>();
  for (const [name, { message }] of bad) {
    if (only === undefined || name === only) reports.set(name, failed(name, message));
  }
  const failures: Failure[] = [];
  const answered = new Set<string>();
  await inParallel(chosen, monitor.parallel, async (profile) => {
    runtime.signal.throwIfAborted();
    const endpoint = endpointOf(profile);
    const dead = failures.filter((one) => one.endpoint === endpoint && one.code === "storage.unavailable");
    if (dead.length >= GIVE_UP && !answered.has(endpoint)) {
      failures.push({ ...dead[0]!, profile });
      return;
    }
    try {
      reports.set(profile.name, await checkOne(profile, deps, now, runtime.signal));
      answered.add(endpoint);
    } catch (error) {
      runtime.signal.throwIfAborted();
      // A state folder that takes nothing concerns all. A defect that one target brings to light must not blind us to the others.
      if (isDoppelError(error, "temp.unusable")) throw error;
      const { code, message } =
        error instanceof DoppelError
          ? (error as DoppelError)
          : { code: "defect", message: `a defect of doppel, please report it: ${String(error)}` };
      failures.push({ profile, endpoint, code, text: message });
    }
  });
  const fleet = sharedFailures(failures, [...byName.values()]);
  for (const { profile, text, endpoint, code } of failures) {
    const shared = fleet.some((one) => one.subject === endpoint && one.id === idOf(code));
    reports.set(profile.name, failed(profile.name, text, profile.url, shared));
  }
  if (only === undefined)
    fleet.push(...(await unconfigured(deps, chosen, new Set(fleet.map(({ subject }) => subject)), runtime.signal)));
  const profiles = [...reports.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { time: now, profiles, fleet, isWhole: only === undefined };
}

async function checkOne(profile: Profile, deps: CheckDeps, now: Date, signal: AbortSignal): Promise<ProfileReport> {
  const { name, drill, receiptKey, url } = profile;
  const before = await deps.state.memory(name, now);
  // What is in the file needs no questions; a bucket costs three.
  const asks = deps.expireDays !== undefined && profile.expect.expireDays === undefined;
  await using storage = await deps.open(profile, signal);
  const { facts, memory } = await look(
    profile,
    storage,
    before,
    { now, readReceipt: deps.readReceipt, ...(asks && { expireDays: (stop) => deps.expireDays!(profile, stop) }) },
    signal,
  );
  const keys = profile.expect.keys.length > 0 ? profile.expect.keys : profile.pinned;
  const one: Case = {
    facts,
    expect: { ...profile.expect, keys },
    ...(drill && { drill }),
    drills: await deps.state.drills(name),
    signed: receiptKey !== undefined,
    subkeys: (await deps.subkeys?.(profile)) ?? new Map(),
  };
  const findings = judge(one);
  await deps.state.remember(name, { ...memory, trusted: trustedAfter(one) });
  return {
    name,
    url: redactUrl(url),
    severity: worst(findings.map(({ severity }) => severity)),
    findings,
    summary: summaryOf(one),
  };
}

function summaryOf(of: Case): Summary {
  const { facts, expect, drills } = of;
  const { now } = facts;
  const last = newestMade(facts);
  const newest = last?.set;
  const good = lastGood(facts);
  const expires = lastGoodExpires(of);
  const deadline = nextDeadline(expect, now, last?.made);
  const due = lastDue(expect, now);
  const proven = drills.findLast(({ ok }) => ok);
  const bytes = chainBytes(facts);
  const source = newest?.receipt?.sourceBytes;
  return {
    ...(last && {
      lastBackup: {
        time: last.made,
        kind: last.set.id.kind,
        storedBytes: last.set.storedBytes,
        ...(source !== undefined && { sourceBytes: source }),
      },
    }),
    ...(good && { lastGood: good.id.end }),
    ...(expires && { lastGoodExpires: expires }),
    ...(due && { maxAgeSeconds: Math.floor((now.getTime() - due.since.getTime()) / 1000) }),
    ...(deadline && { nextDeadline: deadline }),
    ...(expect.pausedUntil !== undefined && expect.pausedUntil > now && { pausedUntil: expect.pausedUntil }),
    sets: facts.sets.length,
    objects: facts.objects,
    bytes: facts.bytes,
    ...(proven && { lastProven: new Date(proven.time) }),
    ...(proven &&
      proven.bytesPerSecond > 0 &&
      bytes !== undefined && {
        restoreSeconds: Math.ceil((source ?? bytes) / proven.bytesPerSecond),
      }),
    timeZone: expect.timeZone,
  };
}

function failed(name: string, text: string, url?: string, shared = false): ProfileReport {
  return {
    name,
    ...(url !== undefined && { url: redactUrl(url) }),
    severity: "unknown",
    findings: shared ? [] : [{ id: "not-checked", severity: "unknown", text }],
    failure: text,
  };
}

/** What many targets have failed with is one thing, not many. */
function sharedFailures(failures: readonly Failure[], profiles: readonly Profile[]): FleetFinding[] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const key = `${failure.endpoint} ${failure.code}`;
    const group = groups.get(key);
    if (group) group.push(failure);
    else groups.set(key, [failure]);
  }
  return [...groups.values()].flatMap((group) => {
    const [{ endpoint, code, text }] = group as [Failure];
    const all = profiles.filter((profile) => endpointOf(profile) === endpoint).length;
    const shared = code === "storage.unavailable" || (group.length >= SHARED && group.length === all);
    if (!shared) return [];
    const names = some(group.map(({ profile }) => profile.name).sort());
    const finding = `backups of ${group.length} of ${all} server${all === 1 ? "" : "s"} cannot be looked at (${names}): ${text}`;
    return [{ subject: endpoint, id: idOf(code), severity: "unknown" as const, text: finding }];
  });
}

function idOf(code: string): string {
  return code.replace(/^storage\./, "");
}

/** So many folders of a root that no profile names are looked into. */
const STRANGERS = 100;

/** Servers that keep backups below a root and that no profile names. */
async function unconfigured(
  deps: CheckDeps,
  chosen: readonly Profile[],
  failing: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly FleetFinding[]> {
  const { profiles, foldersBelow } = deps;
  const known = new Set([...chosen.map(({ url }) => url), ...(profiles.badUrls ?? [])].map(plain));
  const findings: FleetFinding[] = [];
  for (const root of foldersBelow ? profiles.monitor.roots : []) {
    const subject = redactUrl(root);
    try {
      const folders = (await foldersBelow!(root, signal)).map((name) => `${root.replace(/\/+$/, "")}/${name}`);
      const strangers: string[] = [];
      for (const url of folders.filter((one) => !known.has(plain(one))).slice(0, STRANGERS)) {
        if (await holdsBackups(url, deps, signal)) strangers.push(redactUrl(url));
      }
      if (strangers.length === 0) continue;
      const text = `backups that no profile looks after: ${some(strangers.sort(), 5)}; add a profile for each`;
      findings.push({ subject, id: "unconfigured", severity: "warning", text });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DoppelError)) throw error;
      // Its endpoint does not answer, and that has been said.
      if (chosen.some((one) => plain(one.url).startsWith(`${plain(root)}/`) && failing.has(endpointOf(one)))) continue;
      findings.push({ subject, id: "root", severity: "unknown", text: `cannot be searched for servers: ${error.message}` });
    }
  }
  return findings;
}

async function holdsBackups(url: string, { openUrl }: CheckDeps, signal: AbortSignal): Promise<boolean> {
  if (openUrl === undefined) return true;
  await using storage = await openUrl(url);
  for await (const { name } of storage.list("", signal)) if (/duplicity-(?:full|inc)\./.test(name)) return true;
  return false;
}

function plain(url: string): string {
  return url.replace(/^file:\/\//i, "").replace(/\/+$/, "");
}
