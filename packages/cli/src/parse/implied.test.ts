import type { BytePath } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { impliedCommand, isUrl } from "./implied.ts";

const URLS = ["file:///a", "FILE:///a", "file:/a", "file://rel", "s3://bucket/x", "boto3+s3:///bucket", "gopher://x", "x.y-1://"];
const PATHS = ["a:b", "./a://b", "/a", "a/b", "file:rel", "9p://x", "://x", "", "http:/x"];

describe("an argument", () => {
  it.each(URLS)("%s is a URL", (text) => expect(isUrl(text)).toBe(true));
  it.each(PATHS)("%j is a path", (text) => expect(isUrl(text)).toBe(false));
});

describe("two arguments without a command", () => {
  const implied = (first: string, second: string): string => impliedCommand([first as BytePath, second as BytePath], "doppel");

  it("are a backup, or a restore", () => {
    for (const path of PATHS)
      for (const url of URLS) expect([implied(path, url), implied(url, path)]).toEqual(["backup", "restore"]);
  });

  it("say nothing when they are of one kind", () => {
    expect(() => implied("a", "b")).toThrow(expect.objectContaining({ code: "cli.usage" }));
    expect(() => implied("file:///a", "file:///b")).toThrow(expect.objectContaining({ code: "cli.usage" }));
  });
});
