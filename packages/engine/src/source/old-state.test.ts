import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { signaturesName } from "@doppel/format";
import { loadRsync, parseSignature, type SignatureTable } from "@doppel/rsync";
import { MemoryStorage, tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { dir, file, hour, link, ModelWriter, type Tree, tree } from "../history/test-support.ts";
import { OldState } from "./old-state.ts";

const rsync = await loadRsync();

function archivesOf(...trees: readonly Tree[]): string[] {
  const storage = new MemoryStorage();
  const writer = new ModelWriter(storage, rsync);
  const folder = tempDir();
  return trees.map((each, n) => {
    const name = signaturesName(writer.write(n === 0 ? "full" : "inc", hour(n), each), "gzip");
    writeFileSync(join(folder, name), storage.objects.get(name)!);
    return join(folder, name);
  });
}

it("gives the state of a chain: per path the newest archive, without what is deleted", async () => {
  const old = new OldState(
    archivesOf(
      tree(file("a", "one"), dir("d"), file("d/x", "x"), file("gone", "g"), link("l", "a")),
      tree(file("a", "two"), dir("d"), file("d/x", "x", { mtime: 7 }), link("l", "a")),
      tree(file("a", "two"), file("d", "now a file"), link("l", "d"), file("n", "")),
    ),
  );
  const entries = [];
  for (let entry = await old.next(); entry; entry = await old.next()) {
    entries.push([entry.entry.path, entry.entry.type, entry.isFile, entry.entry.linkTarget]);
  }
  await old.close();
  expect(entries).toEqual([
    ["", "dir", false, undefined],
    ["a", "file", true, undefined],
    ["d", "file", true, undefined],
    ["l", "symlink", false, "d"],
    ["n", "file", true, undefined],
  ]);
});

it("gives the signature of the newest version, and goes on behind it or without it", async () => {
  const content = Buffer.from("z".repeat(3000));
  const old = new OldState(
    archivesOf(tree(file("a", "one"), file("b", "b"), file("c", "c")), tree(file("a", content), file("c", "c"))),
  );
  await old.next();
  expect((await old.next())?.entry.path).toBe("a");
  const builder = rsync.signature({ blockLength: 512 });
  const expected = parseSignature(Buffer.concat([builder.update(content), builder.finish()]));
  const { table } = await old.signature();
  expect(table.count).toBe(6);
  expect([...Array(6).keys()].map((block) => table.weakOf(block))).toEqual(
    [...Array(6).keys()].map((block) => expected.weakOf(block)),
  );
  expect((await old.next())?.entry.path).toBe("c"); // b is deleted
  expect((await old.signature()).table.count).toBe(1);
  expect(await old.next()).toBeUndefined();
  await old.close();
});

it("holds no more of a signature than the window, which moves on as far as it has come", async () => {
  const content = Buffer.from(Array.from({ length: 512 * 100 }, (_, at) => (at * at) >> 9));
  const archives = archivesOf(tree(file("a", content), file("b", "b"), file("c", content)));
  const old = new OldState(archives, 40 * 12);
  await old.next();
  await old.next();
  const part = ({ first, end, isLast }: SignatureTable) => [first, end, isLast];
  const { table, moveTo } = await old.signature();
  expect(part(table)).toEqual([0, 40, false]);
  expect(moveTo(512 * 30 - 1)).toBeUndefined();
  expect(part((await moveTo(512 * 30))!)).toEqual([20, 60, false]);
  expect((await old.next())?.entry.path).toBe("b"); // wherever it stands
  expect((await old.next())?.entry.path).toBe("c");
  const whole = await old.signature();
  expect(part((await whole.moveTo(512 * 1000))!)).toEqual([60, 100, true]);
  expect(whole.moveTo(512 * 2000)).toBeUndefined();
  expect(await old.next()).toBeUndefined();
  await old.close();
});

it("names a local copy that is damaged, and says what to do", async () => {
  const [full] = archivesOf(tree(file("a", "one")));
  writeFileSync(full!, Buffer.from("no gzip"));
  await expect(new OldState([full!]).next()).rejects.toMatchObject({
    code: "format.bad-set",
    message: expect.stringMatching(/delete it, and it is fetched/),
  });
});
