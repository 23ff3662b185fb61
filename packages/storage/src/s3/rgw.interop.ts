import { describeRealS3 } from "@doppel/testkit";
import { collectBytes, payloadOf } from "@doppel/base";
import { expect, it } from "vitest";
import { contractChecks } from "../contract.ts";
import { names, openAt, ownPrefix, sample } from "./test-support.ts";

const MIB = 2 ** 20;
const LARGE = sample(17 * MIB + 3);

describeRealS3("a real S3 server", (site) => {
  it.each(contractChecks("real").map((check) => [check.name, check] as const))("keeps the contract: %s", async (_, check) => {
    await using storage = await openAt({ ...site(), append: site().admin });
    await check.run(storage);
  });

  it("takes objects from who may only create, and nothing else", async () => {
    const prefix = ownPrefix();
    await using storage = await openAt(site(), { prefix, partBytes: 5 * MIB });
    await storage.put("small", payloadOf(sample(1000)));
    await storage.put("large", payloadOf(LARGE));
    expect(Buffer.compare(await collectBytes(storage.get("large"), LARGE.length), LARGE)).toBe(0);
    expect(
      Buffer.compare(
        await collectBytes(storage.get("large", { start: 5, end: 6 * MIB }), LARGE.length),
        LARGE.subarray(5, 6 * MIB),
      ),
    ).toBe(0);
    for (const name of ["small", "large"]) {
      await expect(storage.put(name, payloadOf(sample(3)))).rejects.toMatchObject({ code: "storage.exists" });
      await expect(storage.put(name, payloadOf(LARGE))).rejects.toMatchObject({ code: "storage.exists" });
    }
    await expect(storage.delete(["small", "large"])).rejects.toThrow("s3:DeleteObject");
    expect((await names(storage)).sort()).toEqual(["large", "small"]);
  });

  it("an aborted upload in parts leaves nothing", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    await using storage = await openAt(site(), { partBytes: 5 * MIB });
    const body = {
      size: LARGE.length,
      async *open() {
        yield LARGE.subarray(0, 12 * MIB);
        abort.abort(reason);
        yield LARGE.subarray(12 * MIB);
      },
    };
    await expect(storage.put("x", body, abort.signal)).rejects.toBe(reason);
    expect(await names(storage)).toEqual([]);
    await storage.put("x", payloadOf(LARGE));
    expect(await names(storage)).toEqual(["x"]);
  });

  it("reads a versioned bucket as it was, an object in parts and one that was removed", async () => {
    const bucket = await site().makeBucket({ versioning: true });
    const there = { ...site(), bucket, append: site().admin };
    await using storage = await openAt(there, { prefix: "p/", partBytes: 5 * MIB });
    await storage.put("large", payloadOf(LARGE));
    await storage.put("removed", payloadOf(sample(10)));
    await nextSecond();
    const time = new Date();
    await nextSecond();
    await storage.delete(["removed"]);
    await storage.put("young", payloadOf(sample(10)));
    await using then = await openAt(there, { prefix: "p/", asOf: time });
    expect((await names(then)).sort()).toEqual(["large", "removed"]);
    expect(Buffer.compare(await collectBytes(then.get("large"), LARGE.length), LARGE)).toBe(0);
    expect(await collectBytes(then.get("removed"), 10)).toHaveLength(10);
  });

  it("tells an unknown bucket and a wrong secret in one line", async () => {
    await expect(openAt({ ...site(), bucket: "nothing-here-at-all" })).rejects.toThrow(
      /bucket "nothing-here-at-all" does not exist/,
    );
    const append = { ...site().append, secretAccessKey: "wrong" };
    await expect(openAt({ ...site(), append })).rejects.toMatchObject({ code: "storage.credentials" });
  });
});

/** Times of versions are whole seconds. */
function nextSecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1_010 - (Date.now() % 1000)));
}
