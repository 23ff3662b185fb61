import { describe, expect, it } from "vitest";
import type { CommandName } from "../option.ts";
import { parseDuplicity } from "./duplicity.ts";

describe("the command line of duplicity", () => {
  it.each<[string, CommandName, string]>([
    ["full /src file:///t", "full", "/src file:///t"],
    ["fb /src file:///t", "full", "/src file:///t"],
    ["inc --no-encryption /src file:///t", "incremental", "/src file:///t"],
    ["bu /src file:///t", "backup", "/src file:///t"],
    ["/src file:///t", "backup", "/src file:///t"],
    ["ful file:///t", "backup", "ful file:///t"],
    ["file:///t /out -t3D -r a", "restore", "file:///t /out"],
    ["rb file:///t /out", "restore", "file:///t /out"],
    ["verify --compare-data file:///t /d", "verify", "file:///t /d"],
  ])("%s", (line, command, positionals) => {
    const request = parseDuplicity(line.split(" "));
    expect(request).toMatchObject({ kind: "run", run: { command, positionals: positionals.split(" ") } });
  });

  it.each([
    ["constructor", "cli.unsupported"],
    ["/src /out", "cli.usage"],
    ["restore /out file:///t", "cli.usage"],
    ["", "cli.usage"],
  ])("%s: %s", (line, code) => {
    expect(() => parseDuplicity(line === "" ? [] : line.split(" "))).toThrow(expect.objectContaining({ code }));
  });
});
