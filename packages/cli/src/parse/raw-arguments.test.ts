import { describe, expect, it } from "vitest";
import { rawArguments } from "./raw-arguments.ts";

describe("rawArguments", () => {
  const never = (): never => expect.unreachable();

  it("gives UTF-8 as bytes without asking the kernel", () => {
    expect(rawArguments(["full", "/Übung"], never)).toEqual(["full", "/\xc3\x9cbung"]);
    expect(rawArguments([], never)).toEqual([]);
  });

  it("takes the bytes from the kernel when Node could not decode them", () => {
    const cmdline = Buffer.from("node\0--import\0tsx\0doppel.ts\0full\0/caf\xe9\0\0", "latin1");
    expect(rawArguments(["full", "/caf\ufffd", ""], () => cmdline)).toEqual(["full", "/caf\xe9", ""]);
  });
});
