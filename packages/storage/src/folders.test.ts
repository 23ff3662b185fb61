import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startS3Server, tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { listFolders } from "./folders.ts";
import { contextFor } from "./s3/test-support.ts";

const CONTEXT = contextFor({ endpoint: "", region: "", append: { accessKeyId: "", secretAccessKey: "" } });

describe("listFolders", () => {
  it("of a local folder: folders only, hidden ones not", async () => {
    const dir = tempDir();
    for (const name of ["web1", "web 2", ".hidden"]) mkdirSync(join(dir, name));
    writeFileSync(join(dir, "file"), "");
    expect([...(await listFolders(dir, CONTEXT))].sort()).toEqual(["web 2", "web1"]);
    expect([...(await listFolders(`file://${dir}`, CONTEXT))].sort()).toEqual(["web 2", "web1"]);
    await expect(listFolders(join(dir, "none"), CONTEXT)).rejects.toMatchObject({ code: "storage.not-found" });
    await expect(listFolders("ftp://host/x", CONTEXT)).rejects.toMatchObject({ code: "storage.unknown-scheme" });
  });

  it("of a bucket: what has something below it, beyond one page", async () => {
    await using server = await startS3Server({});
    const wanted = ["web1", "wéb +2", ...Array.from({ length: 1100 }, (_, i) => `many${i}`)];
    for (const name of [...wanted.map((one) => `${one}/`), "web1/deeper/", ""])
      server.put(`fleet/${name}object`, Buffer.from("x"));
    const found = await listFolders(`s3://${server.bucket}/fleet`, contextFor(server));
    expect([...found].sort()).toEqual([...wanted].sort());
    expect(await listFolders(`s3://${server.bucket}/nobody`, contextFor(server))).toEqual([]);
  });
});
