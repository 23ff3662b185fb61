import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openTempDir, type RunResult, run } from "@doppel/testkit";
import { expect } from "vitest";

const DUPLICITY = fileURLToPath(new URL("../../../node_modules/.bin/duplicity", import.meta.url));

export type Who = "stock" | "doppel";

/** What a run of either program left behind. */
export interface Seen {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Its machine log; empty when it wrote none. */
  readonly log: string;
}

/** Times of the four sets of the world, seconds: full, increment, full, increment. */
export const TIMES = [1_700_000_000, 1_700_100_000, 1_700_200_000, 1_700_300_000] as const;

/** Where programs keep what. */
const PLACES = (root: string): readonly string[] => ["--archive-dir", join(root, "cache"), "--name", "job"];

/** A place with a source, and two chains at a target that stock duplicity made of it. Disposing removes all copies too. */
export class World implements Disposable {
  readonly #dir = openTempDir("/tmp");
  #copies = 0;

  /** Makes the chains; takes seconds. */
  async prepare(): Promise<this> {
    const root = this.#base;
    for (const folder of ["home/.gnupg", "source/sub", "source/empty"])
      mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
    await shell(
      root,
      "echo one >source/a.txt; head -c 300000 /dev/urandom >source/sub/random; ln -s a.txt source/link; echo >'source/name with blanks'; " +
        "chmod 755 source source/*/; find source -depth -exec touch -h -d @1600000000 {} +",
    );
    for (const [index, time] of TIMES.entries()) {
      if (index % 2 === 1) await shell(root, `echo ${index} >>source/a.txt; touch -d @${time - 100} source/a.txt`);
      const kind = index % 2 === 0 ? "full" : "incremental";
      const seen = await runIn(root, "stock", [
        kind,
        "--no-encryption",
        "--current-time",
        String(time),
        "source",
        "file://target",
      ]);
      expect(seen).toMatchObject({ code: 0, err: "" });
    }
    return this;
  }

  /** A copy of everything for one program; `script` changes it before, in a shell. */
  async copy(script = ""): Promise<Place> {
    const root = join(this.#dir.path, String(++this.#copies));
    for (const part of ["source", "target", "cache"])
      cpSync(join(this.#base, part), join(root, part), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    mkdirSync(join(root, "home/.gnupg"), { recursive: true, mode: 0o700 });
    await shell(
      root,
      `find source -depth -exec touch -h -d @1600000000 {} + ; touch -d @${TIMES[3] - 100} source/a.txt; rm -f log; ${script}`,
    );
    return new Place(root);
  }

  get #base(): string {
    return join(this.#dir.path, "base");
  }

  [Symbol.dispose](): void {
    for (let copy = 0; copy <= this.#copies; copy++) {
      const home = join(this.#dir.path, copy === 0 ? "base" : String(copy), "home/.gnupg");
      if (existsSync(join(home, "S.gpg-agent"))) spawnSync("gpgconf", ["--homedir", home, "--kill", "all"], { stdio: "ignore" });
    }
    this.#dir[Symbol.dispose]();
  }
}

/** One copy of the world. */
export class Place {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  run(who: Who, args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Promise<Seen> {
    return runIn(this.#root, who, args, env);
  }
}

/** Both programs, each in a copy of its own. */
export async function twins(
  world: World,
  args: readonly string[],
  script?: string,
  env?: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<Who, Seen>>> {
  const stock = await (await world.copy(script)).run("stock", args, env);
  const doppel = await (await world.copy(script)).run("doppel", args, env);
  return { stock, doppel };
}

async function runIn(
  root: string,
  who: Who,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Seen> {
  const words = [...args, ...PLACES(root), "--log-file", "log"];
  const options = {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      HOME: join(root, "home"),
      TZ: "Europe/Berlin",
      LANG: "C.UTF-8",
      LC_ALL: "C.UTF-8",
      PASSPHRASE: "pass",
      DUPLICITY_COMPAT: "0.8",
      ...env,
    },
  };
  // `setsid`: there is no terminal to ask on.
  const program = who === "stock" ? ["duplicity"] : [process.execPath, DUPLICITY];
  const result: RunResult = await run("setsid", ["--wait", ...program, ...words], options);
  const log = join(root, "log");
  const text = (bytes: Buffer): string => bytes.toString("latin1").replaceAll(root, "ROOT");
  return {
    code: result.code,
    out: text(result.stdout),
    err: text(result.stderr),
    log: existsSync(log) ? text(readFileSync(log)) : "",
  };
}

async function shell(cwd: string, script: string): Promise<void> {
  const { code, stderr } = await run("bash", ["-c", script], { cwd });
  expect({ script, code, stderr: stderr.toString() }).toMatchObject({ code: 0 });
}
