import { isDoppelError } from "@doppel/base";
import { type BackupSet, buildCollection, type NamePrefixes } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { Profile } from "../config/types.ts";
import type { Memory, ReceiptDigest, Recipients, RememberedSet } from "../state/memory.ts";
import { isUnseen, namesOf, remember } from "./remember.ts";
import { damageAgainst, empties, type Expected, gaps, type Listed } from "./damage.ts";
import { type Damage, type Facts, keyOf, type SetFacts } from "./facts.ts";
import { digestOf, objectsOf, type ReadReceipt } from "./receipt-digest.ts";
import { recipientsOf } from "./recipients.ts";

/** Receipts of so many sets are read, and those read before are known. */
const RECEIPTS = 10;
/** The heads of volumes of so many new sets are read. */
const HEADS = 3;
/** The chain of the newest backup is known for so many sets back. */
const CHAIN = 100;

export interface LookDeps {
  readonly now: Date;
  readonly readReceipt: ReadReceipt;
  /** What the bucket itself says; may throw where that may not be read. */
  readonly expireDays?: (signal: AbortSignal) => Promise<number | undefined>;
}

/** Facts, and what is to be remembered until the next look. */
export interface Look {
  readonly facts: Facts;
  readonly memory: Memory;
}

/**
 * Looks at one target without any key: one listing, the receipts that are new, and the first bytes of the newest volume.
 * @throws storage.* when the target cannot be listed
 */
export async function look(
  { options, receiptKey }: Pick<Profile, "options" | "receiptKey">,
  storage: Storage,
  memory: Memory,
  { now, readReceipt, expireDays }: LookDeps,
  signal: AbortSignal,
): Promise<Look> {
  const prefixes = prefixesIn(options);
  const listing = new Map<string, Listed>();
  const archived = new Set<string>();
  let bytes = 0;
  for await (const object of storage.list("", signal)) {
    listing.set(object.name, { size: object.size, ...(object.modified && { modified: object.modified }) });
    if (object.archived) archived.add(object.name);
    bytes += object.size;
  }
  const unseen: string[] = [];
  const attempt = async <T>(what: string, action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      // What went away meanwhile is seen next time; what cannot be reached any more makes all of it unknown.
      if (isDoppelError(error, "storage.unavailable")) throw error;
      unseen.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };

  const collection = buildCollection(listing.keys(), prefixes);
  const known = new Map(memory.sets.map((set) => [keyOf(set), set]));
  // A receipt is stored last: what has one was finished, whoever has seen it.
  const lost = collection.incomplete.filter(
    (set) => known.has(keyOf(set.id)) || (set.receipt !== undefined && set.volumes.size > 0),
  );
  const inChains = collection.chains.flatMap(({ full, incrementals }) => [full, ...incrementals]);
  const all = [...inChains, ...collection.orphaned, ...collection.superseded, ...lost].sort(newestFirst);

  const newest = all.find((set) => inChains.includes(set));
  const chain = collection.chains.find(({ full, incrementals }) => [full, ...incrementals].includes(newest!));
  const current = new Set(chain && [...chain.incrementals.slice(-CHAIN), chain.full]);
  const isFirst = memory.sets.length === 0;
  const isNew = isUnseen(memory);

  const receipts = new Map<BackupSet, ReceiptDigest>();
  const expected = new Map<BackupSet, Expected>();
  for (const [i, set] of all.entries()) {
    const before = known.get(keyOf(set.id));
    if (before?.objects) expected.set(set, before.objects);
    const listed = set.receipt === undefined ? undefined : listing.get(set.receipt);
    if (set.receipt === undefined || listed === undefined) continue;
    // One that was stored again must not talk away what is known: it is damage, and stays so.
    const earlier = before?.receipt;
    const again = earlier?.problem !== undefined || (receiptKey !== undefined && earlier?.signature === "unchecked");
    if (earlier && !again) receipts.set(set, earlier);
    else if (i < RECEIPTS || current.has(set)) {
      const stored = await attempt(`receipt ${set.receipt}`, () => readReceipt(storage, set.receipt!, signal, receiptKey));
      if (stored === undefined) continue;
      receipts.set(set, digestOf(stored, listed.modified));
      if (stored.receipt && earlier === undefined) expected.set(set, objectsOf(stored.receipt));
    }
  }

  const recipients = new Map<BackupSet, Recipients>();
  let heads = 0;
  for (const [i, set] of all.entries()) {
    const before = known.get(keyOf(set.id))?.recipients;
    const [first] = set.volumes.values();
    if (before !== undefined) recipients.set(set, before);
    else if (set.encoding !== "gpg") recipients.set(set, "none");
    else if ((i === 0 || (!isFirst && isNew(set.id))) && heads < HEADS && first !== undefined && !archived.has(first)) {
      heads++;
      const found = await attempt(`first bytes of ${first}`, () => recipientsOf(storage, first, signal));
      if (found !== undefined) recipients.set(set, found);
    }
  }

  const facts = new Map<BackupSet, SetFacts>();
  const factsOf = (set: BackupSet, after?: readonly SetFacts[]): SetFacts => {
    const names = namesOf(set);
    const stored = names.flatMap((name) => listing.get(name)?.modified ?? []).map((time) => time.getTime());
    const receipt = receipts.get(set);
    const found = recipients.get(set);
    const wanted = expected.get(set);
    const made: SetFacts = {
      id: set.id,
      ...(after && { after }),
      encoding: set.encoding,
      storedBytes: names.reduce((sum, name) => sum + listing.get(name)!.size, 0),
      ...(stored.length > 0 && { firstStored: new Date(least(stored)), lastStored: new Date(-least(stored.map((t) => -t))) }),
      damage: withManifest(
        set,
        wanted
          ? [...damageAgainst(wanted, listing, prefixes), ...receiptLost(known.get(keyOf(set.id)), listing)]
          : [...gaps([...set.volumes.keys()]), ...empties(names, listing, prefixes)],
      ),
      isNew: isNew(set.id),
      ...(receipt && { receipt }),
      ...(found !== undefined && { recipients: found }),
    };
    facts.set(set, made);
    return made;
  };
  for (const { full, incrementals } of collection.chains) {
    const earlier: SetFacts[] = [];
    for (const set of [full, ...incrementals]) earlier.push(factsOf(set, [...earlier]));
  }
  for (const set of [...collection.orphaned, ...collection.superseded, ...lost]) factsOf(set);

  const uploads = (await attempt("unfinished uploads", () => uploadsOf(storage, signal))) ?? [];
  const days = expireDays && (await attempt("the bucket's lifecycle", () => expireDays(signal)));
  const lostOnes = new Set(lost);
  return {
    facts: {
      now,
      sets: all.map((set) => facts.get(set)!),
      unfinished: collection.incomplete
        .filter((set) => !lostOnes.has(set))
        .sort(newestFirst)
        .map((set) => {
          const names = namesOf(set);
          const stored = names.flatMap((name) => listing.get(name)?.modified ?? []).map((time) => -time.getTime());
          return {
            end: set.id.end,
            objects: names.length,
            lastStored: stored.length > 0 ? new Date(-least(stored)) : set.id.end,
          };
        }),
      uploads,
      orphaned: collection.orphaned.map(({ id }) => id.end),
      conflicts: collection.conflicts.map(({ names, reason }) => `${names.join(", ")}: ${reason}`),
      objects: listing.size,
      bytes,
      memory,
      ...(days !== undefined && { expireDays: days }),
      unseen,
    },
    memory: remember(memory, now, all, { current, facts, expected, listing }),
  };
}

/** How objects are named there, from the options of the profile. */
function prefixesIn(options: Profile["options"]): NamePrefixes {
  const text = (name: string): string => (typeof options[name] === "string" ? options[name] : "");
  return {
    all: text("file-prefix"),
    archive: text("file-prefix-archive"),
    manifest: text("file-prefix-manifest"),
    signature: text("file-prefix-signature"),
  };
}

/** That a manifest is missing needs nobody to have told its name. */
function withManifest({ manifest }: BackupSet, damage: readonly Damage[]): readonly Damage[] {
  if (manifest !== undefined || damage.some(({ role, what }) => role === "manifest" && what === "missing")) return damage;
  return [{ name: "the manifest", role: "manifest", what: "missing", text: "is missing" }, ...damage];
}

/** A receipt is remembered apart from the objects it names. */
function receiptLost(before: RememberedSet | undefined, listing: ReadonlyMap<string, Listed>): readonly Damage[] {
  const receipt = before?.receipt;
  if (receipt === undefined) return [];
  const { name, size, modified } = receipt;
  const now = listing.get(name);
  if (now === undefined) return [{ name, role: "receipt", what: "missing", text: "is missing" }];
  if (now.size === size && now.modified?.getTime() === modified?.getTime()) return [];
  return [{ name, role: "receipt", what: "stored-again", text: "was replaced" }];
}

async function uploadsOf(storage: Storage, signal: AbortSignal): Promise<Facts["uploads"]> {
  const uploads: Facts["uploads"][number][] = [];
  if (!storage.unfinished) return uploads;
  for await (const { name, begun } of storage.unfinished("", signal)) {
    if (uploads.length < 1000) uploads.push({ name, begun });
  }
  return uploads;
}

function newestFirst(a: BackupSet, b: BackupSet): number {
  return b.id.end.getTime() - a.id.end.getTime() || b.id.start.getTime() - a.id.start.getTime();
}

/** `Math.min` takes its values as arguments, of which there must not be too many. */
function least(values: readonly number[]): number {
  return values.reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY);
}
