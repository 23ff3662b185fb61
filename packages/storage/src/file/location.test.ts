import { describe, expect, it } from "vitest";
import { directoryOf } from "./location.ts";

describe("directoryOf: local URL forms (cli spec 2.5)", () => {
  it.each([
    ["file:///abs/dir", "/abs/dir"],
    ["file://rel/dir", "/cwd/rel/dir"],
    ["file://./rel", "/cwd/rel"],
    ["file:/abs/dir", "/abs/dir"],
    ["file:///dir/", "/dir"],
    ["file:///a%20b", "/a b"],
    ["file:///a b", "/a b"],
    ["file:///d?x=1", "/d"],
    ["file:///d#f", "/d"],
    ["file:///a%3Fb%23c", "/a?b#c"],
    ["file://~/x", "/cwd/~/x"],
    ["FILE:///x", "/x"],
    ["file:////x", "/x"],
    ["file:///", "/"],
    ["file:///a%ffb", "/a\xffb"],
    ["file:///é", "/\xc3\xa9"],
    ["file:///100%", "/100%"],
    ["file:///a/../b", "/a/../b"],
    ["/plain/dir/", "/plain/dir"],
    ["plain", "/cwd/plain"],
    ["./a:b", "/cwd/a:b"],
    ["/a%20b?c#d", "/a%20b?c#d"],
  ])("%s", (url, directory) => {
    expect(directoryOf(url, "/cwd")).toBe(directory);
  });

  it.each(["file:rel", "file://", "file:", "", "file:///a%00b", "file://?x"])("refuses %j", (url) => {
    expect(() => directoryOf(url, "/cwd")).toThrow(expect.objectContaining({ code: "storage.bad-url" }));
  });
});
