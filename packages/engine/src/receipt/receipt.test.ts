import { createHash, generateKeyPairSync } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DoppelError, pathFromText } from "@doppel/base";
import { type Fault, randomContent, textContent, type TreeSpec } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Bench, type Ran } from "../backup/test-support.ts";
import { receiptPublicKey, receiptSigner } from "./keys.ts";
import { readReceipt, type StoredReceipt } from "./read-receipt.ts";

const MEMORY = "last-receipt.json";
const receipt = { program: "doppel 0", folderDepth: 1 };

const file = (path: string, content: Uint8Array, mtime = 1_600_000_000): TreeSpec => ({
  path: pathFromText(path),
  type: "file",
  content,
  mtime,
});
const TREE: readonly TreeSpec[] = [
  file("etc/a", textContent("a", 200_000)),
  file("etc/ssl/b", textContent("b", 100_000)),
  { path: pathFromText("mnt"), type: "dir" },
  file("top", textContent("t", 10)),
  file("var/r", randomContent("r", 300_000)),
];

function pem(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    publicKey: publicKey.export({ type: "spki", format: "pem" }) as string,
  };
}

function of(bench: Bench, { report, error }: Ran, publicKey?: string): Promise<StoredReceipt> {
  expect(error).toBeUndefined();
  expect(report?.set.receipt).toBeDefined();
  return readReceipt(bench.target, report!.set.receipt!, undefined, publicKey);
}

/** Everything that is stored of a set but its receipt, in the size and with the hash that the receipt says. */
function expectObjects(bench: Bench, { receipt: said }: StoredReceipt, { report }: Ran): void {
  const { volumes, signatures, manifest, index } = report!.set;
  const names = [...volumes.values(), signatures, manifest, index].filter((name) => name !== undefined);
  expect(said?.objects.map(({ name }) => name)).toEqual(names);
  for (const { name, size, sha256 } of said!.objects) {
    const bytes = bench.target.objects.get(name)!;
    expect({ name, size, sha256 }).toEqual({
      name,
      size: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
  }
}

describe("a receipt", () => {
  it("tells what a full set holds, and an increment", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const full = await bench.backup({ receipt });
    const first = await of(bench, full);
    expectObjects(bench, first, full);
    expect(first.problem).toBeUndefined();
    expect(first.signature).toBe("none");
    expect(first.receipt).toMatchObject({
      host: "host",
      program: "doppel 0",
      chain: "first",
      encryption: { kind: "none" },
      notices: {},
    });
    expect(first.receipt?.counts).toMatchObject({ files: 4, newEntries: 9, changedEntries: 0, contentBytes: 600_010, errors: 0 });
    expect(full.report?.storedBytes).toBe(first.receipt!.counts.storedBytes + first.size);
    const rows = new Map(first.receipt!.folders.map((row) => [row.name, row]));
    expect([...rows.keys()]).toEqual(["etc", "mnt", ".", "var"]);
    expect(rows.get("etc")).toMatchObject({ files: 2, bytes: 300_000, changedFiles: 2, changedBytes: 300_000 });
    expect(rows.get("etc")!.ratio).toBeLessThan(0.9);
    expect(rows.get("mnt")).toMatchObject({ files: 0, bytes: 0, changedFiles: 0 });
    expect(rows.get(".")).toMatchObject({ files: 1, bytes: 10 });
    expect(rows.get("var")!.ratio).toBeGreaterThan(0.95);

    bench.become([...TREE.slice(1), file("etc/a", textContent("a", 200_000).fill(7, 0, 10), 1_650_000_000)]);
    const increment = await bench.backup({ receipt });
    const second = await of(bench, increment);
    expectObjects(bench, second, increment);
    expect(second.receipt).toMatchObject({ chain: "continued", previous: { name: first.name, sha256: first.sha256 } });
    const etc = second.receipt!.folders.find(({ name }) => name === "etc")!;
    expect(etc).toMatchObject({ files: 2, bytes: 300_000, changedFiles: 1 });
    expect(etc.changedBytes, "a delta").toBeLessThan(100_000);
    expect(second.receipt!.folders.find(({ name }) => name === "var")?.ratio).toBeUndefined();
  });

  it("names folders as deep as was wished, and none when none was", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const deep = await of(bench, await bench.backup({ kind: "full", receipt: { ...receipt, folderDepth: 2 } }));
    expect(deep.receipt?.folders.map(({ name }) => name)).toEqual(["etc", "etc/ssl", "mnt", ".", "var"]);
    const flat = await of(bench, await bench.backup({ kind: "full", receipt: { ...receipt, folderDepth: 0 } }));
    expect(flat.receipt?.folders).toMatchObject([{ name: ".", files: 4, bytes: 600_010 }]);
  });

  it("is not made in a dry run, of nothing, and when nobody wants one", async () => {
    using bench = new Bench();
    bench.become(TREE);
    await bench.backup({ receipt, dryRun: true });
    expect([...bench.target.objects.keys()]).toEqual([]);
    const without = await bench.backup();
    expect(without.report?.set.receipt).toBeUndefined();
    const unchanged = await bench.backup({ kind: "inc", skipIfUnchanged: true, receipt });
    expect(unchanged.report?.outcome).toBe("unchanged");
    expect([...bench.target.objects.keys()].filter((name) => name.endsWith(".receipt"))).toEqual([]);
  });

  it("that cannot be stored is noticed, and the backup is complete", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const plain = await bench.backup({ kind: "full" });
    const puts = plain.log.filter((line) => line.startsWith("put")).length;
    const ran = await bench.backup({ kind: "full", receipt }, { faults: [{ at: puts + 1, operation: "put", how: "fail" }] });
    expect(ran.report).toMatchObject({ outcome: "stored", incomplete: 1 });
    expect(ran.report?.set.receipt).toBeUndefined();
    expect(ran.events).toContainEqual(expect.objectContaining({ type: "notice", reason: "metadata", incomplete: true }));
    expect(await bench.differences()).toEqual([]);
  });

  it("tells of what was noticed", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const selection = [
      { option: "include", value: `${bench.source}/nothing` },
      { option: "exclude", value: `${bench.source}/var` },
    ] as const;
    const { receipt: said } = await of(bench, await bench.backup({ receipt, selection }));
    expect(said?.notices).toEqual({ "rule-matched-nothing": 1 });
  });
});

describe("the receipt before", () => {
  it("is read from the target when the archive directory has forgotten it", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const first = await of(bench, await bench.backup({ kind: "full", receipt }));
    rmSync(join(bench.archiveDir, MEMORY));
    const second = await of(bench, await bench.backup({ kind: "full", receipt }));
    expect(second.receipt?.previous).toEqual({ name: first.name, sha256: first.sha256 });
  });

  it("is known without a look at the target", async () => {
    using bench = new Bench();
    bench.become(TREE);
    await bench.backup({ kind: "full", receipt });
    const ran = await bench.backup({ kind: "full", receipt });
    expect((await of(bench, ran)).receipt?.chain).toBe("continued");
    expect(ran.log.filter((line) => line.startsWith("get"))).toEqual([]);
    expect(
      ran.log.filter((line) => line.startsWith("list")),
      "of its own volumes, and of what another machine stored meanwhile",
    ).toHaveLength(2);
  });

  it("is not known to who may neither remember nor look", async () => {
    using bench = new Bench();
    bench.become(TREE);
    await bench.backup({ kind: "full", receipt });
    rmSync(join(bench.archiveDir, MEMORY));
    const denied = (): DoppelError => new DoppelError("storage.denied", "no", { operation: "list", name: "" });
    const faults: Fault[] = [1, 2, 3].map((at) => ({ at, operation: "list", how: "fail", error: denied }));
    const { receipt: said } = await of(bench, await bench.backup({ kind: "full", receipt }, { faults }));
    expect(said).toMatchObject({ chain: "unknown" });
    expect(said?.previous).toBeUndefined();
  });
});

describe("a receipt of a set that was gone on with", () => {
  const SIX_VOLUMES: readonly TreeSpec[] = ["a", "b/c", "d"].map((name) => file(name, randomContent(name, 250_000)));
  const faults: readonly (readonly [string, Fault[]])[] = [
    [
      "a volume",
      [
        { at: 4, operation: "put", how: "fail" },
        { at: 5, operation: "put", how: "fail" },
      ],
    ],
    ["the signatures", [{ at: 7, operation: "put", how: "fail" }]],
    ["the manifest", [{ at: 8, operation: "put", how: "fail" }]],
  ];
  it.each(faults)("when storing %s had failed: every object, every hash", async (_, given) => {
    using bench = new Bench();
    bench.become(SIX_VOLUMES);
    expect((await bench.backup({ receipt }, { faults: given })).error).toBeDefined();
    const second = await bench.backup({ receipt });
    const said = await of(bench, second);
    expectObjects(bench, said, second);
    expect(second.report?.set.index).toBeUndefined();
    expect(said.receipt?.folders.map(({ name, files }) => [name, files])).toEqual([
      [".", 2],
      ["b", 1],
    ]);
  });
});

describe("a signed receipt", () => {
  it("is told from one that another key signed, or that somebody changed", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const [mine, other] = [pem(), pem()];
    const ran = await bench.backup({ receipt }, { receiptSigner: receiptSigner(mine.privateKey) });
    const stored = await of(bench, ran);
    expect(stored).toMatchObject({ signature: "unchecked", receipt: { chain: "first" } });
    expect((await of(bench, ran, mine.publicKey)).signature).toBe("good");
    expect((await of(bench, ran, mine.privateKey)).signature, "a private key has a public half").toBe("good");
    const foreign = await of(bench, ran, other.publicKey);
    expect(foreign).toMatchObject({ signature: "bad", problem: expect.stringContaining("signature") });
    expect(foreign.receipt).toBeUndefined();

    const name = ran.report!.set.receipt!;
    const lines = Buffer.from(bench.target.objects.get(name)!).toString().split("\n");
    lines[0] = lines[0]!.replace('"host":"host"', '"host":"evil"');
    bench.target.objects.set(name, Buffer.from(lines.join("\n")));
    expect(await readReceipt(bench.target, name)).toMatchObject({ problem: "its hash is not that of its lines" });
    const hash = createHash("sha256")
      .update(`${lines.slice(0, -3).join("\n")}\n`)
      .digest("hex");
    lines[lines.length - 3] = `{"sha256":"${hash}"}`;
    bench.target.objects.set(name, Buffer.from(lines.join("\n")));
    expect(await readReceipt(bench.target, name)).toMatchObject({ signature: "unchecked", receipt: { host: "evil" } });
    expect(await readReceipt(bench.target, name, undefined, mine.publicKey)).toMatchObject({ signature: "bad" });
  });

  it("needs a key that can sign it", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const wrong = rsa.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    expect(() => receiptSigner(wrong)).toThrow("is rsa, not Ed25519");
    expect(() => receiptSigner(pem().publicKey)).toThrow("cannot be read");
    expect(() => receiptPublicKey("nonsense")).toThrow("cannot be read");
  });
});

describe("readReceipt", () => {
  it("tells of what is no receipt", async () => {
    using bench = new Bench();
    bench.target.objects.set("r", Buffer.from("nonsense\n"));
    const stored = await readReceipt(bench.target, "r");
    expect(stored).toMatchObject({ name: "r", size: 9, signature: "none", problem: expect.stringContaining("line 1") });
    await expect(readReceipt(bench.target, "absent")).rejects.toMatchObject({ code: "storage.not-found" });
  });
});
