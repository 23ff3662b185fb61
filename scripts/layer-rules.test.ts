import { describe, expect, it } from "vitest";
import { checkSource, type Layer, type PackageFacts } from "./layer-rules.ts";

const layer: Layer = {
  doppel: ["base"],
  npm: ["hash-wasm", "not-declared"],
  node: ["fs"],
  files: { "src/wire.ts": { doppel: "any", npm: [], node: "any" } },
};
const facts: PackageFacts = {
  name: "tree",
  layer,
  dependencies: ["@doppel/base", "@doppel/format", "hash-wasm"],
  devDependencies: ["@doppel/testkit", "vitest"],
};

const messages = (text: string, path = "src/walk.ts", of = facts): readonly string[] =>
  checkSource({ path, text }, of).map(({ line, message }) => `${line}: ${message}`);

describe("imports", () => {
  it("lets through what the row allows and package.json declares", () => {
    const text = `
      import { ROOT } from "@doppel/base";
      import { md4 } from "hash-wasm";
      import { open } from "node:fs/promises";
      export { lstatSync } from "node:fs";
      import { rule } from "./rules/glob.ts";
      const lazy = await import("../package.json", { with: { type: "json" } });`;
    expect(messages(text)).toEqual([]);
  });

  it.each([
    [`import { x } from "@doppel/format";`, "tree may not import @doppel/format"],
    [`import type { X } from "@doppel/format";`, "tree may not import @doppel/format"],
    [`let x: import("@doppel/format").X;`, "tree may not import @doppel/format"],
    [`export {} from "@doppel/format";`, "tree may not import @doppel/format"],
    [`export * from "@doppel/format";`, "tree may not import @doppel/format"],
    [`await import("yargs/helpers");`, "tree may not import yargs"],
    [`import "@aws-sdk/client-s3/dist";`, "tree may not import @aws-sdk/client-s3"],
    [`import net from "node:net";`, "tree may not import node:net"],
    [`import fs from "fs";`, `Node's modules carry their prefix: "node:fs"`],
    [`import { it } from "vitest";`, "tree may not import vitest"],
    [`import x from "not-declared";`, "not-declared is not declared in the package.json of tree"],
    [
      `import { x } from "@doppel/base/src/path.ts";`,
      `"@doppel/base/src/path.ts" reaches into a package: its index is its whole public face`,
    ],
    [`import { x } from "./testing/rdiff.ts";`, `"./testing/rdiff.ts" is for tests only`],
    [`import { x } from "./test-support.ts";`, `"./test-support.ts" is for tests only`],
    [`import { x } from "../../base/src/path.ts";`, `"../../base/src/path.ts" leaves the package: import it by name`],
  ])("reports %s", (text, message) => {
    expect(messages(`\n${text}`)).toEqual([`2: ${message}`]);
  });

  it("gives one file of a package a row of its own", () => {
    const text = `import { x } from "@doppel/format"; import net from "node:net";`;
    expect(messages(text, "src/wire.ts")).toEqual([]);
    expect(messages(`import yargs from "yargs";`, "src/wire.ts")).toEqual(["1: tree's src/wire.ts may not import yargs"]);
  });

  it("allows tests more, but no other layer and nothing undeclared", () => {
    const test = "src/walk.prop.test.ts";
    const allowed = `import "vitest"; import "node:net"; import "@doppel/testkit"; import "./test-support.ts";`;
    expect(messages(allowed, test)).toEqual([]);
    expect(messages(allowed, "src/test-support.ts")).toEqual([]);
    expect(messages(`import "node:net";`, "src/testing/rdiff.ts")).toEqual([]);
    expect(messages(`import "@doppel/format";`, test)).toEqual(["1: tree's tests may not import @doppel/format"]);
    expect(messages(`import "fast-check";`, test)).toEqual(["1: fast-check is not declared in the package.json of tree"]);
    expect(messages(`import "../../base/src/path.ts";`, test)).toHaveLength(1);
  });

  it("reads code, not strings and comments", () => {
    expect(messages(`// import "yargs";\nconst text = 'import "yargs"';`)).toEqual([]);
  });
});

describe("other rules", () => {
  it("keeps the system's clock out, except at the edges", () => {
    const text = "\nconst now = new Date();\nconst then = new Date(0);";
    expect(messages(text)).toEqual(["2: `new Date()` reads the system's clock: take `clock` from the runtime"]);
    expect(messages(text, "src/walk.test.ts")).toEqual([]);
    expect(messages(text, "src/walk.ts", { ...facts, layer: { ...layer, edge: true } })).toEqual([]);
  });

  it("reports unfinished work", () => {
    expect(messages("const a = 1;\n// TODO: later\n/* FIXME */\nconst todo = 'TODO';")).toEqual([
      "2: unfinished work is an issue, not a comment",
      "3: unfinished work is an issue, not a comment",
    ]);
  });

  it("wants kebab-case names", () => {
    expect(messages("", "src/fileList.ts")).toEqual(["1: file and folder names are kebab-case"]);
    expect(messages("", "src/Rules/glob.ts")).toHaveLength(1);
    expect(messages("", "src/rules/if-present.prop.test.ts")).toEqual([]);
  });

  it("reports what does not parse", () => {
    expect(messages("const = 1;")[0]).toMatch(/^1: does not parse/);
  });
});
