import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir, withUmask } from "@doppel/testkit";
import { expect, it } from "vitest";
import { serverFiles } from "./files.ts";
import { checkOneScheduler, install, makeFolder, planInstallation } from "./install.ts";
import { testPlan } from "./test-plan.ts";

const FILES = [
  { path: "/etc/doppel/list", mode: 0o644, text: "new\n" },
  { path: "/etc/doppel/secret", mode: 0o600, text: "s\n", secret: true },
] as const;

it("writes below a root, with the modes that were asked for whatever the umask", async () => {
  const root = tempDir();
  const plan = planInstallation(FILES, root);
  expect(plan.map(({ state }) => state)).toEqual(["new", "new"]);
  await withUmask(0o077, () => install(plan, false));
  expect(readFileSync(join(root, "etc/doppel/list"), "utf8")).toBe("new\n");
  expect(statSync(join(root, "etc/doppel/list")).mode & 0o777).toBe(0o644);
  expect(statSync(join(root, "etc/doppel/secret")).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(root, "etc/doppel"))).toEqual(["list", "secret"]);
  expect(planInstallation(FILES, root).map(({ state }) => state)).toEqual(["same", "same"]);
  install(planInstallation(FILES, root), false);
});

it("what is there and different stays, with all others, unless it may be replaced", () => {
  const root = tempDir();
  mkdirSync(join(root, "etc/doppel"), { recursive: true });
  writeFileSync(join(root, "etc/doppel/secret"), "mine\n", { mode: 0o600 });
  const plan = planInstallation(FILES, root);
  expect(plan.map(({ state, before }) => [state, before])).toEqual([
    ["new", undefined],
    ["different", "mine\n"],
  ]);
  expect(() => install(plan, false)).toThrow(/etc\/doppel\/secret is there already.*--force/);
  expect(readdirSync(join(root, "etc/doppel"))).toEqual(["secret"]);
  install(plan, true);
  expect(readFileSync(join(root, "etc/doppel/secret"), "utf8")).toBe("s\n");
});

it("a server has one schedule", () => {
  const root = tempDir();
  const cron = testPlan({ timing: { scheduler: "cron" } });
  checkOneScheduler(testPlan(), root);
  install(planInstallation(serverFiles(cron, {}), root), false);
  checkOneScheduler(cron, root);
  expect(() => checkOneScheduler(testPlan(), root)).toThrow(/cron\.daily\/doppel-web1 is there already.*first rm /);
  const other = tempDir();
  install(planInstallation(serverFiles(testPlan(), {}), other), false);
  expect(() => checkOneScheduler(cron, other)).toThrow(/systemctl disable --now doppel-web1\.timer; rm /);
});

it("a file to which something is added keeps its mode, and needs no permission", () => {
  const root = tempDir();
  mkdirSync(join(root, "etc"));
  writeFileSync(join(root, "etc/profiles"), "a\n", { mode: 0o640 });
  install(planInstallation([{ path: "/etc/profiles", mode: 0o644, text: "a\nb\n", adds: true }], root), false);
  expect(readFileSync(join(root, "etc/profiles"), "utf8")).toBe("a\nb\n");
  expect(statSync(join(root, "etc/profiles")).mode & 0o777).toBe(0o640);
});

it("folders that are missing are as those of a system: only the last is private", () => {
  const root = join(tempDir(), "image");
  makeFolder(join(root, "var/cache/doppel"), 0o700);
  const modes = ["", "var", "var/cache", "var/cache/doppel"].map((path) => statSync(join(root, path)).mode & 0o777);
  expect(modes).toEqual([0o755, 0o755, 0o755, 0o700]);
});

it("all files are written, or none: what a full disk leaves is as it was", () => {
  const root = tempDir();
  mkdirSync(join(root, "etc/doppel"), { recursive: true });
  writeFileSync(join(root, "etc/doppel/list"), "old\n");
  mkdirSync(join(root, "etc/doppel/secret.doppel-new/in the way"), { recursive: true });
  expect(() => install(planInstallation(FILES, root), true)).toThrow(
    /cannot write .*\/secret \(.*; nothing was written; --print/,
  );
  expect(readFileSync(join(root, "etc/doppel/list"), "utf8")).toBe("old\n");
  expect(readdirSync(join(root, "etc/doppel"))).toEqual(["list", "secret.doppel-new"]);
});

it("where nobody can write, it says so", () => {
  const root = join(tempDir(), "file");
  writeFileSync(root, "");
  expect(() => install(planInstallation(FILES, root), false)).toThrow(/cannot write .*\/file\/etc\/doppel\/list \(ENOTDIR\)/);
  const dangling = tempDir();
  symlinkSync("/nowhere/at/all", join(dangling, "etc"));
  expect(() => install(planInstallation(FILES, dangling), false)).toThrow(/cannot write .*\/etc\/doppel\/list \(/);
});
