import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, reference, run, tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { planInstallation, install } from "./install.ts";
import { testPlan } from "./test-plan.ts";
import { schedulerFiles } from "./units.ts";

describeInterop(["systemd-analyze"], "systemd judges the units", () => {
  it.each([
    ["at a bucket", {}],
    ["at a folder, with a part of /tmp", { url: "/mnt/backup", folders: ["/tmp/kept"], credentials: false }],
  ] as const)("%s: right, and rated OK", async (_, more) => {
    const root = tempDir();
    install(planInstallation(schedulerFiles(testPlan({ program: [process.execPath, "/doppel.js"], ...more })), root), false);
    const [service, timer] = ["service", "timer"].map((kind) => join(root, `etc/systemd/system/doppel-web1.${kind}`));
    const analyze = reference("systemd-analyze")!.path;
    const verified = await run(analyze, ["verify", "--man=no", service!, timer!]);
    expect([verified.code, verified.stderr.toString()]).toEqual([0, ""]);
    const rated = await run(analyze, ["security", "--offline=true", "--threshold=40", service!]);
    expect(rated.stdout.toString()).toMatch(/Overall exposure level for doppel-web1.service: [0-3]\.\d OK/);
    expect(rated.code).toBe(0);
  });
});

describeInterop(["sh"], "the script for cron", () => {
  /** With a doppel and a logger of our own. */
  async function runScript(exit: number, logger = '{ echo "$@"; cat; }') {
    const root = tempDir();
    const program = join(root, "my doppel");
    mkdirSync(join(root, "bin"));
    const script = (path: string, text: string): void => {
      writeFileSync(path, `#!/bin/sh\n${text}\n`);
      chmodSync(path, 0o755);
    };
    script(program, `echo "$@" "$DOPPEL_PROFILES"; echo complaint >&2; exit ${exit}`);
    writeFileSync(join(root, "log"), "");
    script(join(root, "bin/logger"), `${logger} > ${root}/log`);
    install(planInstallation(schedulerFiles(testPlan({ program: [program], timing: { scheduler: "cron" } })), root), false);
    const env = { PATH: `${join(root, "bin")}:${process.env["PATH"]}` };
    const ended = await run(join(root, "etc/cron.daily/doppel-web1"), [], { env });
    return {
      code: ended.code,
      stdout: ended.stdout.toString(),
      stderr: ended.stderr.toString(),
      log: readFileSync(join(root, "log"), "utf8"),
    };
  }

  it("tells syslog everything and cron nothing, when all is well", async () => {
    expect(await runScript(0)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
      log: "-t doppel-web1\nfull @web1 /etc/doppel/profiles.yaml\ncomplaint\n",
    });
  });

  it("tells cron everything where nothing can be told to syslog", async () => {
    const { code, stderr, log } = await runScript(0, "exit 1");
    expect([code, stderr, log]).toEqual([0, "full @web1 /etc/doppel/profiles.yaml\ncomplaint\n", ""]);
    expect(await runScript(23, "exit 1")).toMatchObject({ code: 23, stderr: expect.stringContaining("complaint\n") });
  });

  it.each([1, 23, 130])("exits with what doppel exited with: %i", async (exit) => {
    const { code, stderr, log } = await runScript(exit);
    expect(code).toBe(exit);
    expect(stderr).toContain(`ended with exit status ${exit}; see`);
    expect(log).toContain("complaint\n");
  });
});
