import { describe, expect, it } from "vitest";
import { dependencyViolations, type LockedPackage, type Manifest } from "./dependency-rules.ts";

const SOUND: LockedPackage = { version: "1.2.3", integrity: "sha512-x", license: "MIT" };
const NPMRC = "save-exact=true\nignore-scripts=true\n";

const ofLock = (path: string, locked: LockedPackage): readonly string[] => dependencyViolations({}, { [path]: locked }, NPMRC);
const ofManifest = (manifest: Manifest): readonly string[] => dependencyViolations({ "package.json": manifest }, {}, NPMRC);

describe("the rules about dependencies", () => {
  it("let pass what is exact, known by its digest, and under a licence that was looked at", () => {
    expect(ofLock("node_modules/x", SOUND)).toEqual([]);
    expect(ofLock("node_modules/openpgp", { ...SOUND, license: "LGPL-3.0+" })).toEqual([]);
    expect(ofLock("node_modules/x/node_modules/@a/b", { ...SOUND, dev: true, license: "whatever" })).toEqual([]);
    expect(ofLock("node_modules/@doppel/base", { link: true, resolved: "packages/base" })).toEqual([]);
    expect(ofManifest({ dependencies: { x: "1.2.3" }, devDependencies: { y: "1.0.0-alpha.6" }, scripts: { test: "x" } })).toEqual(
      [],
    );
  });

  it.each<[Partial<LockedPackage>, RegExp]>([
    [{ integrity: undefined as never }, /integrity/],
    [{ integrity: "sha1-x" }, /integrity/],
    [{ version: "^1.2.3" }, /not an exact version/],
    [{ hasInstallScript: true }, /runs a program/],
    [{ resolved: "https://example.org/x.tgz" }, /address/],
    [{ license: "GPL-3.0" }, /licence, GPL-3.0/],
    [{ license: undefined as never }, /licence/],
  ])("refuse %j", (changed, message) => {
    expect(ofLock("node_modules/x", { ...SOUND, ...changed })).toEqual([expect.stringMatching(message)]);
  });

  it.each(["^1.2.3", "~1.2.3", "1.x", "*", "latest", ">=1.0.0", "git+ssh://x", "file:../x", "npm:y@1.2.3", ""])(
    "refuse %j as a version",
    (version) => {
      expect(ofManifest({ devDependencies: { x: version } })).toHaveLength(1);
    },
  );

  it.each(["postinstall", "preinstall", "install", "prepare", "prepublishOnly"])("refuse a script %s of ours", (name) => {
    expect(ofManifest({ scripts: { [name]: "x" } })).toEqual([`package.json: the script ${name} would run unasked`]);
  });

  it("want npm to run nothing, and few packages", () => {
    expect(dependencyViolations({}, {}, "save-exact=true\n")).toHaveLength(1);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`node_modules/x${i}`, SOUND]));
    expect(dependencyViolations({}, many, NPMRC)).toEqual([expect.stringMatching(/100 packages/)]);
  });
});
