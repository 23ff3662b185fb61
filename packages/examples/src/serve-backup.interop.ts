import { appendFileSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { openTarget } from "@doppel/engine";
import { describeInterop, randomContent, stockDuplicity, tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { serveBackup } from "./serve-backup.ts";

/** A chain of two by either program, and what its second state holds. */
async function chain(dir: string, by: "doppel" | "stock"): Promise<{ readonly first: Date }> {
  const source = join(dir, "source");
  mkdirSync(join(source, "d"), { recursive: true });
  writeFileSync(join(source, "big"), randomContent("big", 3_000_000));
  writeFileSync(Buffer.concat([Buffer.from(`${source}/d/`), Buffer.of(0x62, 0xe4, 0x20, 0x25)]), "a name that is not UTF-8");
  writeFileSync(join(source, "empty"), "");
  using stock = stockDuplicity();
  await using target = await openTarget(`file://${dir}/target`);
  const times: Date[] = [];
  for (const night of [1, 2]) {
    utimesSync(join(source, "big"), night, night);
    const time = new Date(1_700_000_000_000 + night * 86_400_000);
    if (by === "stock") {
      const args = [source, `file://${dir}/target`, "--no-encryption", "--current-time", String(time.getTime() / 1000)];
      expect((await stock.run(args)).code).toBe(0);
      times.push(time);
    } else {
      times.push((await target.backup(source, { encryption: "none" })).set.id.end);
      await new Promise((resolve) => setTimeout(resolve, 1100));
    }
    appendFileSync(join(source, "big"), "more");
  }
  return { first: times[0]! };
}

describeInterop(["duplicity"], "files of a backup over HTTP", () => {
  it.each(["doppel", "stock"] as const)("are what the backup has, in whole and in part: a chain by %s", async (by) => {
    const dir = tempDir();
    const { first } = await chain(dir, by);
    const big = readFileSync(join(dir, "source/big")).subarray(0, 3_000_004);
    await using target = await openTarget(`file://${dir}/target`);
    await using now = await listening(serveBackup(target));
    await using then = await listening(serveBackup(target, first));

    const get = async (url: string, range?: string) => {
      const response = await fetch(url, range === undefined ? {} : { headers: { range } });
      return { response, body: Buffer.from(await response.arrayBuffer()) };
    };
    expect((await get(`${now.url}big`)).body.equals(big)).toBe(true);
    expect((await get(`${then.url}big`)).body.equals(big.subarray(0, 3_000_000))).toBe(true);
    expect((await get(now.url)).body.toString()).toBe("big\nd/\nempty\n");
    expect((await get(`${now.url}d/`)).body.toString()).toBe("b%e4%20%25\n");
    expect((await get(`${now.url}d/b%e4%20%25`)).body.toString()).toBe("a name that is not UTF-8");
    expect((await get(`${now.url}empty`)).body.length).toBe(0);
    expect((await get(`${now.url}nothing`)).response.status).toBe(404);
    expect((await get(`${now.url}a%00b`)).response.status).toBe(404);
    expect((await get(`${now.url}a//b`)).response.status).toBe(404);
    expect((await fetch(`${now.url}big`, { method: "POST" })).status).toBe(405);
    const head = await fetch(`${now.url}big`, { method: "HEAD" });
    expect(head.headers.get("last-modified")).toBe(new Date(2000).toUTCString());
    // Of stock's files nobody knows the exact size, so that there are no ranges.
    if (by === "stock") return;
    expect(head.headers.get("content-length")).toBe("3000004");
    const ranges: readonly (readonly [string, number, number])[] = [
      ["bytes=0-0", 0, 1],
      ["bytes=2999999-", 2_999_999, 3_000_004],
      ["bytes=-4", 3_000_000, 3_000_004],
      ["bytes=1000000-1999999", 1_000_000, 2_000_000],
      ["bytes=3000000-9999999", 3_000_000, 3_000_004],
    ];
    for (const [range, start, end] of ranges) {
      const { response, body } = await get(`${now.url}big`, range);
      expect([response.status, response.headers.get("content-range")]).toEqual([206, `bytes ${start}-${end - 1}/3000004`]);
      expect(body.equals(big.subarray(start, end))).toBe(true);
    }
    expect((await get(`${now.url}big`, "bytes=3000004-")).response.status).toBe(416);
    expect((await get(`${now.url}big`, "lines=1-2")).response.status).toBe(200);
  });

  it("breaks off where the backup is damaged, instead of sending something else", async () => {
    const dir = tempDir();
    await chain(dir, "stock");
    const name = readdirSync(join(dir, "target")).find((found) => found.endsWith(".vol1.difftar.gz"))!;
    const volume = readFileSync(join(dir, "target", name));
    volume[1_000_000]! ^= 1;
    writeFileSync(join(dir, "target", name), volume);
    await using target = await openTarget(`file://${dir}/target`);
    await using now = await listening(serveBackup(target));
    const got = await fetch(`${now.url}big`)
      .then((response) => response.arrayBuffer())
      .catch((error: Error) => error);
    expect(got).toBeInstanceOf(Error);
  });
});

async function listening(server: ReturnType<typeof serveBackup>): Promise<AsyncDisposable & { readonly url: string }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
