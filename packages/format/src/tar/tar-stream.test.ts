import { Readable } from "node:stream";
import { type BytePath, concatBytes, pathFromText } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { extract, type Header, pack } from "tar-stream";
import { encodeTarHeader, END_OF_ARCHIVE, type TarHeader, tarPadding } from "./header.ts";
import { TarParser } from "./parser.ts";

const FILE: TarHeader = {
  name: pathFromText("snapshot/a"),
  type: "0",
  mode: 0o4755,
  uid: 1000,
  gid: 100,
  size: 0,
  mtime: 1_600_000_000,
  linkName: "" as BytePath,
  uname: "user",
  gname: "group",
  devMajor: 0,
  devMinor: 0,
};

/** What tar-stream makes of an archive: an oracle that we did not write. */
async function readByTarStream(archive: Uint8Array): Promise<{ readonly header: Header; readonly content: Buffer }[]> {
  const entries: { header: Header; content: Buffer }[] = [];
  const reader = extract();
  Readable.from([archive]).pipe(reader);
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push({ header: entry.header, content: Buffer.concat(chunks) });
  }
  return entries;
}

function archiveOf(entries: readonly (readonly [TarHeader, Uint8Array])[]): Uint8Array {
  const blocks = entries.flatMap(([header, content]) => [
    encodeTarHeader({ ...header, size: content.length }),
    content,
    new Uint8Array(tarPadding(content.length)),
  ]);
  return concatBytes([...blocks, END_OF_ARCHIVE]);
}

async function packedByTarStream(header: Partial<Header> & { readonly name: string }): Promise<Uint8Array> {
  const packer = pack();
  packer.entry(header, "x");
  packer.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of packer) chunks.push(chunk as Uint8Array);
  return concatBytes(chunks);
}

describe("tar-stream as oracle", () => {
  it("reads what we write: names of every length, links, sizes, attributes", async () => {
    const long = pathFromText(`snapshot/${"folder/".repeat(40)}${"n".repeat(200)}`);
    const link: TarHeader = { ...FILE, name: pathFromText("snapshot/link"), type: "2", linkName: pathFromText("t".repeat(150)) };
    const read = await readByTarStream(
      archiveOf([
        [FILE, Buffer.from("content")],
        [{ ...FILE, name: long }, Buffer.alloc(70_000, "z")],
        [link, new Uint8Array(0)],
      ]),
    );
    expect(read.map(({ header }) => header.name)).toEqual([FILE.name, long, link.name]);
    expect(read.map(({ content }) => content.length)).toEqual([7, 70_000, 0]);
    expect(read[0]?.header).toMatchObject({ mode: 0o4755, uid: 1000, gid: 100, uname: "user", gname: "group", type: "file" });
    expect(read[0]?.header.mtime?.getTime()).toBe(1_600_000_000_000);
    expect(read[2]?.header).toMatchObject({ type: "symlink", linkname: "t".repeat(150) });
  });

  it("is read by us", async () => {
    const archive = await packedByTarStream({
      name: "snapshot/a",
      mode: 0o640,
      uid: 5,
      gid: 6,
      mtime: new Date(1_600_000_000_000),
    });
    const [entry] = new TarParser().update(archive);
    expect(entry).toMatchObject({ type: "header", header: { name: "snapshot/a", mode: 0o640, uid: 5, gid: 6, size: 1 } });
  });
});

// Why it does not write our archives. Should one of these fail, tar-stream has learnt something: think again.
describe("what tar-stream cannot write", () => {
  it("ids above 2,097,151", async () => {
    const [entry] = new TarParser().update(await packedByTarStream({ name: "a", uid: 3_000_000 }));
    expect(entry).toMatchObject({ header: { uid: 0o777777 } });
  });

  it("names that are not UTF-8", async () => {
    const [entry] = new TarParser().update(await packedByTarStream({ name: "\xff" }));
    expect(entry).not.toMatchObject({ header: { name: "\xff" } });
  });
});
