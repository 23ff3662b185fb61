import { createHash } from "node:crypto";
import { collectBytes, type Runtime } from "@doppel/base";
import {
  type FolderCounts,
  formatReceipt,
  manifestName,
  parseReceipt,
  type Receipt,
  receiptHash,
  receiptName,
  type SetId,
  signaturesName,
  volumeName,
} from "@doppel/format";
import type { Storage, StoredObject } from "@doppel/storage";
import { MemoryStorage } from "@doppel/testkit";
import { check, type CheckDeps } from "../check/check.ts";
import type { StoredReceipt } from "@doppel/engine/internal";
import type { Expectations, Profile } from "../config/types.ts";
import type { MonitorReport, ProfileReport } from "../report.ts";
import { MonitorState } from "../state/store.ts";

export const KEY = "1122334455667788";
export const OTHER_KEY = "99AABBCCDDEEFF00";
export const DAY = 86_400_000;

/** A target in memory whose objects have times. */
class DatedStorage extends MemoryStorage {
  readonly times = new Map<string, Date>();
  /** Objects that were read. */
  readonly read: string[] = [];

  override async *list(prefix: string): AsyncIterable<StoredObject> {
    for await (const object of super.list(prefix)) {
      const modified = this.times.get(object.name);
      yield { ...object, ...(modified && { modified }) };
    }
  }

  override get(...args: Parameters<MemoryStorage["get"]>): ReturnType<MemoryStorage["get"]> {
    this.read.push(args[0]);
    return super.get(...args);
  }

  store(name: string, bytes: Uint8Array, at: Date): void {
    this.objects.set(name, bytes);
    this.times.set(name, at);
  }

  remove(...names: readonly string[]): void {
    for (const name of names) this.objects.delete(name);
  }
}

export interface SetOptions {
  readonly kind?: "full" | "inc";
  readonly from?: Date;
  readonly volumes?: number;
  readonly volumeBytes?: number;
  readonly keys?: readonly string[];
  /** Without: as stock makes it. */
  readonly folders?: readonly FolderCounts[];
  readonly receipt?: Partial<Receipt>;
}

export const folder = (name: string, more: Partial<FolderCounts> = {}): FolderCounts => ({
  name,
  files: 100,
  bytes: 50e6,
  changedFiles: 5,
  changedBytes: 1e6,
  ratio: 0.4,
  ...more,
});

/** Makes backups with chosen properties in one target, each receipt continuing the one before. */
export class Server {
  readonly storage = new DatedStorage();
  #previous: Receipt["previous"];

  /** A backup of that time. Returns the names of its objects. */
  backup(
    end: Date,
    options: SetOptions = {},
  ): { readonly id: SetId; readonly volumes: readonly string[]; readonly receipt: string } {
    const { kind = "full", from = end, volumes = 3, volumeBytes = 1000, keys = [KEY], folders, receipt } = options;
    const id: SetId = { kind, start: from, end };
    const later = new Date(end.getTime() + 60_000);
    const names = Array.from({ length: volumes }, (_, i) => volumeName(id, i + 1, "gpg"));
    for (const name of names) this.storage.store(name, message(keys, volumeBytes), later);
    const others = [signaturesName(id, "gpg"), manifestName(id, "gpg")];
    for (const name of others) this.storage.store(name, message(keys, 500), later);
    if (folders !== undefined || receipt !== undefined) {
      const objects = [...names, ...others].map((name, i) => ({
        role: i < volumes ? ("volume" as const) : i === volumes ? ("signatures" as const) : ("manifest" as const),
        name,
        size: this.storage.objects.get(name)!.length,
        sha256: sha256(this.storage.objects.get(name)!),
      }));
      const sourceBytes = (folders ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
      const made = formatReceipt({
        set: id,
        host: "web1",
        program: "doppel 0.1.0",
        started: end,
        finished: later,
        objects,
        encryption: { kind: "keys", keyIds: keys },
        counts: { ...NO_COUNTS, sourceBytes, storedBytes: objects.reduce((sum, { size }) => sum + size, 0) },
        folders: folders ?? [],
        notices: {},
        ...(this.#previous ? { chain: "continued", previous: this.#previous } : { chain: "first" }),
        ...receipt,
      });
      const bytes = Buffer.concat([made, receiptHash(createHash("sha256").update(made).digest())]);
      this.storage.store(receiptName(id), bytes, later);
      this.#previous = { name: receiptName(id), sha256: sha256(bytes) };
    }
    return { id, volumes: names, receipt: receiptName(id) };
  }
}

const NO_COUNTS = {
  entries: 0,
  files: 0,
  sourceBytes: 0,
  newEntries: 0,
  changedEntries: 0,
  deletedEntries: 0,
  contentBytes: 0,
  storedBytes: 0,
  errors: 0,
};

/** What looks like a message to these keys (RFC 4880 5.1, 5.13), of about that many bytes. */
export function message(keys: readonly string[], bytes: number): Uint8Array {
  const packets = keys.map((key) => {
    const body = Buffer.concat([Buffer.from([3]), Buffer.from(key, "hex"), Buffer.from([1, 0, 8, 0xff])]);
    return Buffer.concat([Buffer.from([0xc1, body.length]), body]);
  });
  const body = Buffer.alloc(bytes, 7);
  body[0] = 1;
  const head = Buffer.from([0xd2, 0xff, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([...packets, head, body]);
}

export const EXPECT: Expectations = {
  timeZone: "UTC",
  schedule: { kind: "daily", days: [0, 1, 2, 3, 4, 5, 6], minuteOfDay: 180 },
  graceMinutes: 60,
  kinds: "any",
  keys: [],
  folders: [],
  expiryWarningDays: 2,
  shrinkTo: 0.5,
  growBy: 100,
  receipts: "optional",
};

export function profile(name: string, more: Partial<Profile> = {}): Profile {
  return { name, url: `/backups/${name}`, rules: [], options: {}, encryptTo: [], pinned: [], expect: EXPECT, ...more };
}

/** A monitor over targets in memory. */
export class Monitor {
  readonly warnings: string[] = [];
  readonly roots: string[] = [];
  readonly state: MonitorState;
  readonly profiles: Map<string, Profile>;
  readonly #open: (profile: Profile) => Storage;
  readonly #deps: Partial<CheckDeps>;

  constructor(
    stateFolder: string,
    profiles: readonly Profile[],
    open: (profile: Profile) => Storage,
    deps: Partial<CheckDeps> = {},
  ) {
    this.state = new MonitorState(stateFolder, (text) => this.warnings.push(text));
    this.profiles = new Map(profiles.map((one) => [one.name, one]));
    this.#open = open;
    this.#deps = deps;
  }

  check(now: Date, only?: string, parallel = 4): Promise<MonitorReport> {
    const runtime: Pick<Runtime, "clock" | "signal"> = {
      clock: { now: () => now, sleep: () => Promise.resolve() },
      signal: new AbortController().signal,
    };
    const settings = {
      state: "",
      parallel,
      roots: this.roots,
      alerts: { repeatHours: 24, webhooks: [], commands: [], pings: [], timeZone: "UTC" },
    };
    const deps: CheckDeps = {
      profiles: { byName: this.profiles, bad: new Map(), monitor: settings },
      state: this.state,
      open: async (one) => this.#open(one),
      readReceipt,
      ...this.#deps,
    };
    return check(deps, only, runtime);
  }

  /** The report of the only profile. */
  async one(now: Date): Promise<ProfileReport> {
    const { profiles } = await this.check(now);
    return profiles[0]!;
  }
}

/** Without signatures, which are not what these tests are about. */
async function readReceipt(storage: Storage, name: string): Promise<StoredReceipt> {
  const bytes = await collectBytes(storage.get(name), 1 << 20);
  return { name, size: bytes.length, sha256: sha256(bytes), receipt: parseReceipt(bytes).receipt, signature: "none" };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
