import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareTrees, describeInterop, randomContent, scanTree, stockDuplicity } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Consumer, makeConsumer } from "../src/consumer.ts";
import { done } from "../src/program.ts";

/** Backs a folder up twice, lists, reads and restores, with the volumes and threads of a large backup. */
const PROGRAM = `
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { isDoppelError, openTarget } from "@doppel/engine";
import { secretKeysFromPassphrase } from "@doppel/openpgp";

const options = { encryption: { passphrase: "correct horse" }, volumeBytes: 3 << 20, threads: 2 };
const target = await openTarget("target", { keys: secretKeysFromPassphrase(async () => "correct horse") });
const stored = [];
const onEvent = (event) => event.type === "volume.stored" && stored.push(event.name);
const full = await target.backup("source", { ...options, onEvent });
appendFileSync("source/notes/a.txt", "two\\n");
await setTimeout(1100); // a set is known by its second
const increment = await target.backup("source", options);

const paths = [];
for await (const { path } of target.list()) paths.push(path);
const read = async (time) => {
  const chunks = [];
  for await (const chunk of target.read("notes/a.txt", time && { time })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};
const [first] = await target.backups();
const texts = [await read(first.time), await read()];
await target.restore("out");
const error = await target.read("nothing")[Symbol.asyncIterator]().next().catch((thrown) => thrown);
await target.close();
console.log(JSON.stringify({
  outcomes: [full.outcome, increment.outcome], volumes: stored.length, paths, texts,
  large: Buffer.compare(readFileSync("source/large"), readFileSync("out/large")),
  error: isDoppelError(error, "restore.path-not-found"),
}));
`;

/** What the types are to allow, and what not; every package is read by the compiler. */
const TYPED = `
import type * as base from "@doppel/base";
import type * as deflate from "@doppel/deflate";
import type * as format from "@doppel/format";
import type * as rsync from "@doppel/rsync";
import type * as tree from "@doppel/tree";
import { type FileEntry, isDoppelError, type JobEvent, openTarget } from "@doppel/engine";
import { recipientFromKey, secretKeysFromKeyFile } from "@doppel/openpgp";
import type { Storage } from "@doppel/storage";

export type All = [typeof base, typeof deflate, typeof format, typeof rsync, typeof tree];

export async function backUp(where: string | Storage, key: Uint8Array, secret?: Uint8Array): Promise<readonly FileEntry[]> {
  const keys = secret && secretKeysFromKeyFile(secret, async () => undefined);
  const onEvent = (event: JobEvent): void => {
    if (event.type === "notice" && event.path !== undefined) console.log(event.path.length, event.reason);
  };
  await using target = await openTarget(where, { onEvent, ...(keys && { keys }) });
  const encryption = { recipients: [await recipientFromKey(key, { now: new Date() })] };
  const { set, storedBytes } = await target.backup("/etc", { encryption, rules: [{ exclude: "/etc/ssl" }] });
  console.log(set.id.end.getTime(), storedBytes.toFixed());
  // @ts-expect-error: who can read a backup has to be said
  await target.backup("/etc", {});
  // @ts-expect-error: an option that is there has a value
  await target.backup("/etc", { encryption: "none", hostname: undefined });
  try {
    return await collected(target.list({ path: "ssh" }));
  } catch (error) {
    if (isDoppelError(error, "collection.no-chain")) console.log(error.data.target);
    throw error;
  }
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
`;

const STRICT = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, target: "es2022" };
const NODENEXT = { ...STRICT, module: "nodenext", moduleResolution: "nodenext" };
const BUNDLER = { ...STRICT, module: "esnext", moduleResolution: "bundler" };

let consumer: Consumer;
beforeAll(async () => {
  consumer = await makeConsumer();
});
afterAll(() => consumer[Symbol.dispose]());

const put = (name: string, text: string): string => {
  writeFileSync(join(consumer.path, name), text);
  return name;
};

describeInterop(["npm"], "the published packages", () => {
  it("hold what is meant for others, and nothing else", () => {
    for (const name of consumer.packages) {
      const folder = join(consumer.path, "node_modules/@doppel", name);
      const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
      expect(files).toEqual(
        expect.arrayContaining(["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts", "dist/index.js.map"]),
      );
      const others = files.filter(
        (file) => !/^(dist|dist\/[\w-]+(\.js|\.js\.map|\.d\.ts)|LICENSE|README\.md|FORMAT\.md|package\.json)$/.test(file),
      );
      expect(others).toEqual([]);
      const manifest = readFileSync(join(folder, "package.json"), "utf8");
      const page = readFileSync(join(folder, "README.md"), "utf8");
      for (const [, to] of page.matchAll(/\]\((?!https:|#)([^)]+)\)/g)) expect(files, `README.md of ${name}`).toContain(to);
      expect(manifest).not.toMatch(/source|internal|devDependencies|private/);
    }
  });

  it.each(["new", "old"] as const)("are understood by the %s TypeScript, strict to the last declaration", async (version) => {
    put("typed.ts", TYPED);
    await Promise.all(
      [NODENEXT, BUNDLER].map((options) => consumer.compile(version, { ...options, noEmit: true }, ["typed.ts"])),
    );
  });

  it("are taken by require, too", async () => {
    const wanted = consumer.packages.map((name) => `Object.keys(require("@doppel/${name}")).length > 0`);
    put("required.cjs", `if (!(${wanted.join(" && ")})) process.exit(1);`);
    await done(consumer.node("required.cjs"));
  });

  it("let nobody reach into them, also not who asks for sources", async () => {
    const inner = ["engine/internal", "engine/dist/index.js", "engine/src/index.ts", "base/src/path.ts", "storage/dist/index.js"];
    const reach = inner.map((path) => `await import("@doppel/${path}").then(() => "came in", (error) => error.code)`);
    put("inner.mjs", `await import("@doppel/engine"); console.log(JSON.stringify([${reach.join(", ")}]));`);
    const { stdout } = await done(consumer.node("-C", "@doppel/source", "inner.mjs"));
    expect(JSON.parse(stdout.toString())).toEqual(inner.map(() => "ERR_PACKAGE_PATH_NOT_EXPORTED"));
  });

  it("have a README whose examples compile, run, and say what it says", async () => {
    const documented = consumer.packages;
    const examples = documented.flatMap((name) => {
      const text = readFileSync(join(consumer.path, "node_modules/@doppel", name, "README.md"), "utf8");
      const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
      expect(blocks.length, name).toBeGreaterThan(0);
      return blocks.map((code, i) => ({ name: `readme-${name}-${i}`, code }));
    });
    for (const { name, code } of examples) put(`${name}.mts`, code);
    const files = examples.map(({ name }) => `${name}.mts`);
    await consumer.compile("new", { ...NODENEXT, rootDir: ".", outDir: "examples", noUnusedLocals: true }, files);
    for (const { name, code } of examples) {
      const { stdout } = await done(consumer.node(join("examples", `${name}.mjs`)));
      expect(stdout.toString().trimEnd().split("\n").join(" | "), name).toBe(saidBy(code));
    }
  });
});

/** What the comments behind its lines of output say that comes out. */
function saidBy(code: string): string {
  return [...code.matchAll(/(?:console\.log|stdout\.write)\(.*\); \/\/ (.*)$/gm)].map(([, said]) => said).join(" | ");
}

describeInterop(["npm", "duplicity", "gpg"], "a program in plain JavaScript", () => {
  it("backs up, lists, reads and restores with the published engine, and stock duplicity restores what it made", async () => {
    const at = (path: string): string => join(consumer.path, path);
    mkdirSync(at("source/notes"), { recursive: true });
    writeFileSync(at("source/notes/a.txt"), "one\n");
    writeFileSync(at("source/large"), randomContent("for all threads", 20 << 20));
    put("program.mjs", PROGRAM);
    const { stdout, stderr } = await done(consumer.node("--trace-warnings", "program.mjs"));
    expect(stderr.toString()).toBe("");
    expect(JSON.parse(stdout.toString())).toEqual({
      outcomes: ["stored", "stored"],
      volumes: expect.toSatisfy((count: number) => count > 4),
      paths: ["", "large", "notes", "notes/a.txt"],
      texts: ["one\n", "one\ntwo\n"],
      large: 0,
      error: true,
    });
    const source = scanTree(at("source"));
    expect(compareTrees(source, scanTree(at("out")))).toEqual([]);
    using stock = stockDuplicity();
    await done(stock.run(["restore", `file://${at("target")}`, at("stock")], { PASSPHRASE: "correct horse" }));
    expect(compareTrees(source, scanTree(at("stock")))).toEqual([]);
  });
});
