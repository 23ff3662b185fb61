import { type ByteStream, collectBytes, type ErrorCode, isDoppelError, type Payload, payloadOf } from "@doppel/base";
import type { Storage, StoredObject } from "./storage.ts";

/** One promise that every storage keeps. */
export interface ContractCheck {
  /** The promise, as a sentence. */
  readonly name: string;
  /** Resolves when the promise is kept; removes what it stored, as far as it may. */
  run(storage: Storage): Promise<void>;
}

/** The storage broke a promise; the message says which and how. */
export class ContractViolation extends Error {}

/**
 * The checks that every driver and wrapper passes, and that a person can run on a target of theirs.
 * `tag` (letters, digits) is part of all names, so that two runs do not meet; no name looks like a duplicity file.
 */
export function contractChecks(tag: string): readonly ContractCheck[] {
  let count = 0;
  const check = (title: string, run: (storage: Storage, name: string) => Promise<void>): ContractCheck => {
    // The closing dash keeps check 1 from listing the objects of check 10.
    const name = `doppel-check-${tag}-${++count}-`;
    return {
      name: title,
      async run(storage) {
        try {
          await run(storage, name);
        } finally {
          for await (const object of storage.list(name)) await storage.delete([object.name]);
        }
      },
    };
  };
  return [
    check("what was put can be read, stat'ed and listed", async (storage, name) => {
      const bytes = sample(1000);
      await storage.put(name, payloadOf(bytes));
      await mustHold(storage, name, bytes);
      must((await storage.stat(name))?.size === 1000, "stat tells another size than was put");
      mustEqualNames(await listed(storage, name), [name]);
    }),
    check("what is opened is a file that can be read twice, where there is such a thing", async (storage, name) => {
      if (!storage.open) return;
      await mustThrow("storage.not-found", async () => storage.open?.(name));
      const bytes = sample(300_000);
      await storage.put(name, payloadOf(bytes));
      await using object = await storage.open(name);
      must(object.size === bytes.length, "an open object has another size than was put");
      for (let time = 0; time < 2; time++)
        must(Buffer.compare(await collectBytes(object.open(), bytes.length), bytes) === 0, "an open object holds other bytes");
      must(Number.isInteger(object.fd) && object.fd >= 0, "an open object has no descriptor");
    }),
    check("an object is never replaced", async (storage, name) => {
      await storage.put(name, payloadOf(sample(10)));
      await mustThrow("storage.exists", () => storage.put(name, payloadOf(sample(20))));
      await mustHold(storage, name, sample(10));
    }),
    check("a payload that fails leaves nothing", async (storage, name) => {
      const broken = new Error("payload broke");
      const error = await failureOf(() => storage.put(name, payload(200_000, [sample(100_000)], broken)));
      must(error === broken, "put did not reject with the payload's own error");
      await mustBeAbsent(storage, name);
      await storage.put(name, payloadOf(sample(5)));
      await mustHold(storage, name, sample(5));
    }),
    check("a payload of another size than it said leaves nothing", async (storage, name) => {
      for (const size of [99_999, 100_001]) {
        const error = await failureOf(() => storage.put(name, payload(size, [sample(100_000)])));
        must(error instanceof RangeError, `put took 100,000 bytes for ${size}`);
        await mustBeAbsent(storage, name);
      }
    }),
    check("an aborted put leaves nothing", async (storage, name) => {
      const abort = new AbortController();
      const reason = new Error("enough");
      const body: Payload = {
        size: 200_000,
        async *open() {
          yield sample(100_000);
          abort.abort(reason);
          yield sample(100_000);
        },
      };
      must(
        (await failureOf(() => storage.put(name, body, abort.signal))) === reason,
        "put did not reject with the reason of the abort",
      );
      await mustBeAbsent(storage, name);
      must((await failureOf(() => storage.put(name, payloadOf(sample(1)), abort.signal))) === reason, "put began after an abort");
      await mustBeAbsent(storage, name);
    }),
    check("an aborted get and list stop", async (storage, name) => {
      await storage.put(name, payloadOf(sample(10)));
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      must(
        (await failureOf(() => collectBytes(storage.get(name, undefined, signal), 10))) === reason,
        "get went on after an abort",
      );
      must((await failureOf(() => listed(storage, name, signal))) === reason, "list went on after an abort");
    }),
    check("what is being put is not listed before it is complete", async (storage, name) => {
      const body: Payload = {
        size: 200_000,
        async *open() {
          yield sample(100_000);
          await mustBeAbsent(storage, name);
          yield sample(100_000);
        },
      };
      await storage.put(name, body);
      mustEqualNames(await listed(storage, name), [name]);
    }),
    check("a range is the bytes from start to before end", async (storage, name) => {
      const bytes = sample(100_000);
      await storage.put(name, payloadOf(bytes));
      const ranges: (readonly [number, number])[] = [
        [0, 1],
        [0, 100_000],
        [1, 65_537],
        [99_999, 100_000],
        [50_000, 50_000],
        [99_000, Number.MAX_SAFE_INTEGER],
        [100_000, 100_001],
        [200_000, 300_000],
      ];
      for (const [start, end] of ranges) {
        const got = await collectBytes(storage.get(name, { start, end }), 100_000);
        must(Buffer.compare(got, bytes.subarray(start, end)) === 0, `range ${start}..${end} has other bytes`);
      }
    }),
    check("an object may be empty", async (storage, name) => {
      await storage.put(name, payloadOf(sample(0)));
      await mustHold(storage, name, sample(0));
      must((await storage.stat(name))?.size === 0, "stat tells another size than 0");
    }),
    check("an object of 3 MB in odd pieces comes back", async (storage, name) => {
      const bytes = sample(3_000_001);
      const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000)];
      await storage.put(name, payload(bytes.length, pieces));
      await mustHold(storage, name, bytes);
    }),
    check("a get that is left early can be followed by others", async (storage, name) => {
      const bytes = sample(1_000_000);
      await storage.put(name, payloadOf(bytes));
      for await (const chunk of storage.get(name)) {
        must(chunk.length > 0, "get yielded an empty chunk");
        break;
      }
      await mustHold(storage, name, bytes);
    }),
    check("names may have every character that duplicity's have", async (storage, name) => {
      const all = [
        "+host_1.inc.20230102T030405Z.to.20230102T030406Z.vol12.tar.gpg",
        ":2026-11-21T21:41:22-05:00.sigtar.gz",
        ".a",
        "-ABCxyz_09~",
      ].map((end) => name + end);
      for (const [i, full] of all.entries()) await storage.put(full, payloadOf(sample(i + 1)));
      mustEqualNames(await listed(storage, name), all);
      for (const [i, full] of all.entries()) await mustHold(storage, full, sample(i + 1));
    }),
    check("list gives the names with the prefix, and no others", async (storage, name) => {
      const all = [`${name}.a`, `${name}.ab`, `${name}.b`];
      for (const full of all) await storage.put(full, payloadOf(sample(3)));
      mustEqualNames(await listed(storage, `${name}.a`), all.slice(0, 2));
      mustEqualNames(await listed(storage, name), all);
      mustEqualNames(await listed(storage, `${name}.c`), []);
    }),
    check("a name that is not flat is refused", async (storage, name) => {
      for (const bad of ["", ".", "..", `.${name}`, `${name}/x`, `../${name}`, `${name}\0`]) {
        await mustThrow("storage.bad-name", () => storage.put(bad, payloadOf(sample(1))));
        await mustThrow("storage.bad-name", () => storage.stat(bad));
        await mustThrow("storage.bad-name", () => collectBytes(storage.get(bad), 1));
        await mustThrow("storage.bad-name", () => storage.delete([bad]));
      }
    }),
    check("delete removes what is named, and a missing name is no error", async (storage, name) => {
      for (const end of ["a", "b", "c"]) await storage.put(`${name}.${end}`, payloadOf(sample(4)));
      await storage.delete([`${name}.a`, `${name}.missing`, `${name}.c`]);
      mustEqualNames(await listed(storage, name), [`${name}.b`]);
      await storage.delete([]);
    }),
    check("stat of a missing name is undefined", async (storage, name) => {
      must((await storage.stat(name)) === undefined, "stat found what was never put");
    }),
    check("get of a missing name is storage.not-found", async (storage, name) => {
      await mustThrow("storage.not-found", () => collectBytes(storage.get(name), 1));
      await mustThrow("storage.not-found", () => collectBytes(storage.get(name, { start: 5, end: 6 }), 1));
    }),
    ...staged(check),
    check("of several puts of one name at once exactly one wins", async (storage, name) => {
      const bodies = Array.from({ length: 6 }, (_, i) => sample(50_000 + i));
      const results = await Promise.allSettled(bodies.map((bytes) => storage.put(name, payloadOf(bytes))));
      const winners = bodies.filter((_, i) => results[i]?.status === "fulfilled");
      must(winners.length === 1, `${winners.length} of 6 puts won`);
      for (const result of results) {
        must(
          result.status === "fulfilled" || isDoppelError(result.reason, "storage.exists"),
          "a loser did not reject with storage.exists",
        );
      }
      await mustHold(storage, name, winners[0]!);
    }),
  ];
}

/** What holds where objects can grow; elsewhere nothing is promised. */
function staged(
  check: (title: string, run: (storage: Storage, name: string) => Promise<void>) => ContractCheck,
): ContractCheck[] {
  return [
    check("what is staged is not there before it is published, and then it is", async (storage, name) => {
      if (!storage.stage) return;
      const bytes = sample(300_001);
      const buffer = new Uint8Array(100_000);
      await using object = await storage.stage(name);
      for (let at = 0; at < bytes.length; at += buffer.length) {
        const part = bytes.subarray(at, at + buffer.length);
        buffer.set(part);
        await object.append(buffer.subarray(0, part.length));
        buffer.fill(0); // it is the caller's again
        await mustBeAbsent(storage, name);
      }
      await object.publish();
      await mustHold(storage, name, bytes);
      mustEqualNames(await listed(storage, name), [name]);
    }),
    check("what is staged and given up leaves nothing", async (storage, name) => {
      const object = await storage.stage?.(name);
      await object?.append(sample(100_000));
      await object?.[Symbol.asyncDispose]();
      await mustBeAbsent(storage, name);
      await storage.put(name, payloadOf(sample(5)));
      await mustHold(storage, name, sample(5));
    }),
    check("what is staged never replaces an object", async (storage, name) => {
      if (!storage.stage) return;
      await using late = await storage.stage(name);
      await late.append(sample(20));
      await storage.put(name, payloadOf(sample(10)));
      await mustThrow("storage.exists", () => late.publish());
      await mustHold(storage, name, sample(10));
      await using later = await storage.stage(name);
      await mustThrow("storage.exists", () => later.publish());
    }),
    check("an aborted staging leaves nothing", async (storage, name) => {
      if (!storage.stage) return;
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      must((await failureOf(() => storage.stage!(name, signal))) === reason, "staging began after an abort");
      const object = await storage.stage(name);
      must((await failureOf(() => object.append(sample(1), signal))) === reason, "append went on after an abort");
      must((await failureOf(() => object.publish(signal))) === reason, "publish went on after an abort");
      await object[Symbol.asyncDispose]();
      await mustBeAbsent(storage, name);
    }),
    check("a name that is not flat cannot be staged", async (storage, name) => {
      for (const bad of ["", ".", `.${name}`, `${name}/x`, `../${name}`]) {
        if (storage.stage) await mustThrow("storage.bad-name", () => storage.stage!(bad));
      }
    }),
  ];
}

/** Bytes without a short period, so that a piece in the wrong place shows. */
function sample(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = 12345;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 23;
  }
  return bytes;
}

function payload(size: number, chunks: readonly Uint8Array[], failure?: Error): Payload {
  return {
    size,
    async *open(): ByteStream {
      yield* chunks;
      if (failure !== undefined) throw failure;
    },
  };
}

async function listed(storage: Storage, prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of storage.list(prefix, signal)) objects.push(object);
  return objects;
}

async function failureOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function mustThrow(code: ErrorCode, action: () => Promise<unknown>): Promise<void> {
  const error = await failureOf(action);
  if (isDoppelError(error, code)) return;
  throw new ContractViolation(`expected ${code}, got ${error instanceof Error ? error.message : "no error"}`, { cause: error });
}

async function mustHold(storage: Storage, name: string, bytes: Uint8Array): Promise<void> {
  const got = await collectBytes(storage.get(name), bytes.length + 1);
  must(Buffer.compare(got, bytes) === 0, `${name} has other bytes than were put (${got.length} of ${bytes.length})`);
}

async function mustBeAbsent(storage: Storage, name: string): Promise<void> {
  must((await storage.stat(name)) === undefined, `${name} can be stat'ed`);
  mustEqualNames(await listed(storage, name), []);
}

function mustEqualNames(objects: readonly StoredObject[], expected: readonly string[]): void {
  const got = objects.map((object) => object.name).sort();
  must(got.join("\n") === [...expected].sort().join("\n"), `listed ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
}

function must(condition: boolean, message: string): void {
  if (!condition) throw new ContractViolation(message);
}
