import { cpSync } from "node:fs";
import { run } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Fleet } from "../src/fleet.ts";
import { cleanEnv, DOPPEL } from "../src/program.ts";

const COUNT = 1000;
const at = String(Date.UTC(2026, 2, 10, 8) / 1000);

describe("a thousand servers", () => {
  it("in one run, with one alarm for what they have in common, in little memory", { timeout: 600_000 }, async () => {
    const fleet = new Fleet();
    const small = fleet.changedSource("small", () => undefined);
    await fleet.backup("web0", new Date("2026-03-10T03:00:05Z"), { source: `${small}/etc` });
    for (let i = 1; i < COUNT; i++)
      cpSync(fleet.target("web0"), fleet.target(`web${i}`), { recursive: true, preserveTimestamps: true });
    const names = Array.from({ length: COUNT }, (_, i) => `web${i}`);
    // Nothing listens at port 9 of this machine.
    const dead = Array.from({ length: 200 }, (_, i) => `dead${i}`);
    fleet.writeProfiles(`version: 1
defaults:
  expect: { schedule: "03:00" }
profiles:
${names.map((name) => `  ${name}: { url: ${fleet.target(name)} }`).join("\n")}
${dead.map((name) => `  ${name}: { url: "s3://bucket/${name}", options: { s3-endpoint-url: "http://127.0.0.1:9", num-retries: 1 } }`).join("\n")}
monitor: { state: state }
`);
    const args = ["--max-old-space-size=96", DOPPEL, "monitor", "check", "--json", "--current-time", at];
    const env = { ...fleet.env, AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y" };
    const { code, stdout, stderr } = await run(process.execPath, args, { env: cleanEnv(env), timeoutMs: 500_000 });
    expect(stderr.toString()).toBe("");
    const { profiles, fleet: shared } = JSON.parse(stdout.toString());
    expect(code).toBe(1);
    expect(profiles).toHaveLength(COUNT + dead.length);
    expect(profiles.filter(({ severity }: { severity: string }) => severity === "ok")).toHaveLength(COUNT);
    expect(shared).toMatchObject([{ subject: "127.0.0.1:9", id: "unavailable" }]);
    expect(shared[0].text).toContain("200 of 200 servers");
  });
});
