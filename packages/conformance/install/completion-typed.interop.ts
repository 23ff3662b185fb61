import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, openTempDir, run } from "@doppel/testkit";
import { expect, it } from "vitest";
import { cleanEnv, DOPPEL, done, doppel } from "../src/program.ts";

/** Lines, and the word that Tab makes of their last one. */
const TYPED: readonly (readonly [string, string])[] = [
  ["doppel dri", "drill"],
  ["doppel help dri", "drill"],
  ["doppel setup k", "key"],
  ["doppel --verbosity 5 mon", "monitor"],
  ["doppel monitor check --nag", "--nagios"],
  ["doppel drill @mail --see", "--seed"],
  ["doppel status @w", "@web1"],
  ["doppel full --encrypt-key only-f", "only-file"],
];

const PROFILES = "version: 1\nprofiles:\n  mail:\n    url: file:///m\n  web1:\n    url: file:///w\n";

/** Notes its last word, and is the program only when the shell asks it for profiles. */
const NOTING = `doppel() { if [ "$1" = completion ]; then "$NODE" "$DOPPEL" "$@"; else printf '%s\\n' "\${@: -1}" >> typed; fi; }`;

const PROMPT = "ready> ";

const SHELLS: readonly (readonly [shell: string, command: string, rcFile: string, rc: string])[] = [
  ["bash", "bash --noprofile --rcfile rc -i", "rc", "source doppel.bash"],
  ["zsh", "zsh -i", ".zshrc", 'fpath=("$PWD" $fpath)\nautoload -U compinit\ncompinit -u -D'],
];

for (const [shell, command, rcFile, rc] of SHELLS) {
  describeInterop([shell, "script"], `completion at the prompt of ${shell}`, () => {
    it("puts in the word that Tab asks for", async () => {
      using dir = openTempDir();
      const at = (name: string): string => join(dir.path, name);
      writeFileSync(at(rcFile), `${rc}\n${NOTING}\nPS1='${PROMPT}'\n`);
      writeFileSync(at(shell === "bash" ? "doppel.bash" : "_doppel"), (await done(doppel(["completion", shell]))).stdout);
      writeFileSync(at("profiles.yaml"), PROFILES);
      writeFileSync(at("only-file"), "");
      await type(command, dir.path);
      expect(readFileSync(at("typed"), "utf8").trim().split("\n")).toEqual(TYPED.map(([, word]) => word));
    });
  });
}

/** Types each line, Tab and Return at a terminal, when the shell is ready for it. */
function type(command: string, cwd: string): Promise<void> {
  const env = cleanEnv({
    NODE: process.execPath,
    DOPPEL,
    DOPPEL_PROFILES: join(cwd, "profiles.yaml"),
    HOME: cwd,
    ZDOTDIR: cwd,
    TERM: "vt100",
  });
  const child = spawn("script", ["-qec", command, "/dev/null"], { cwd, env: env as NodeJS.ProcessEnv, stdio: "pipe" });
  const waiting = TYPED.map(([line]) => `${line}\t\r`);
  let screen = "";
  child.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString("latin1");
    if (!screen.includes(PROMPT)) return;
    screen = "";
    child.stdin.write(waiting.shift() ?? "exit\r");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
}

describeInterop(["fish"], "completion of fish", () => {
  it("offers the word that Tab asks for, and says what it does", async () => {
    using dir = openTempDir();
    const at = (name: string): string => join(dir.path, name);
    writeFileSync(at("doppel.fish"), (await done(doppel(["completion", "fish"]))).stdout);
    writeFileSync(at("profiles.yaml"), PROFILES);
    writeFileSync(at("only-file"), "");
    const program = [
      "source doppel.fish",
      "function doppel; $NODE $DOPPEL $argv; end",
      ...TYPED.map(([line]) => `complete -C '${line}'`),
    ];
    const env = cleanEnv({ NODE: process.execPath, DOPPEL, DOPPEL_PROFILES: at("profiles.yaml"), HOME: dir.path });
    const { stdout } = await done(run("fish", ["--no-config", "-c", program.join("\n")], { cwd: dir.path, env }));
    const offered = stdout.toString().trim().split("\n");
    expect(offered.map((line) => line.split("\t")[0])).toEqual(TYPED.map(([, word]) => word));
    expect(offered[0]).toBe("drill\tprove by a test restore that a restore works");
  });
});
