import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import { type BytePath, joinPath } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkSource } from "./check-source.ts";
import { asNobody, makeScratch, makeTree } from "./test-support.ts";

let scratch: ReturnType<typeof makeScratch>;
beforeEach(() => {
  scratch = makeScratch();
});
afterEach(() => scratch.remove());

describe("checkSource", () => {
  const code = (name: string) => {
    try {
      checkSource(joinPath(scratch.path, name as BytePath));
    } catch (error) {
      return (error as { code?: string }).code;
    }
    return undefined;
  };

  it("takes what is there, links as they are", () => {
    makeTree(scratch.path, "d\xff/file", "link -> nowhere");
    for (const name of ["", "d\xff", "d\xff/file", "link"]) expect(code(name)).toBeUndefined();
  });

  it("refuses what is missing or closed", () => {
    makeTree(scratch.path, "dir/", "file");
    expect(code("missing")).toBe("source.missing");
    expect(code("file/below")).toBe("source.missing");
    chmodSync(scratch.path, 0o755);
    for (const name of ["dir", "file"]) {
      chmodSync(`${scratch.path}/${name}`, 0);
      expect(asNobody(() => code(name))).toBe("source.unreadable");
    }
  });

  it("refuses a socket, which would leave an empty backup", async () => {
    const server = createServer().listen(`${scratch.path}/socket`);
    await once(server, "listening");
    expect(code("socket")).toBe("source.unreadable");
    server.close();
  });
});
