import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { folderMegabytes, type Ground } from "../ground.ts";
import { type MeasuredRun, measure } from "../measure.ts";
import { findProgram } from "../programs.ts";
import type { Run } from "../results.ts";
import { defaultFull } from "./backup.ts";
import { figures, type Job } from "./job.ts";
import { restoreAll, restoreOne } from "./read.ts";

/** How a program with a repository of its own is used, with the options it has by default. `repository` exists but is empty. */
interface Tool {
  readonly name: string;
  readonly env: (repository: string) => NodeJS.ProcessEnv;
  readonly init: readonly string[];
  backup(source: string): readonly string[];
  /** In the folder where the files are to be. */
  restore(out: string, path?: string): readonly string[];
}

const PASSWORD = "bench";

const TOOLS: readonly Tool[] = [
  {
    name: "restic",
    env: (repository) => ({ RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: PASSWORD }),
    init: ["init"],
    backup: (source) => ["backup", "--quiet", source],
    restore: (out, path) => ["restore", "latest", "--target", out, ...(path === undefined ? [] : ["--include", path])],
  },
  {
    name: "borg",
    env: (repository) => ({ BORG_REPO: repository, BORG_PASSPHRASE: PASSWORD, BORG_BASE_DIR: `${repository}.base` }),
    init: ["init", "--encryption", "repokey"],
    backup: (source) => ["create", "::bench", source],
    restore: (_, path) => ["extract", "::bench", ...(path === undefined ? [] : [path.slice(1)])],
  },
];

/** Nothing is promised about these beyond the ratios to duplicity; they say where doppel stands. */
export function otherProgramsJobs(ground: Ground): readonly Job[] {
  return TOOLS.flatMap((tool) => jobsOf(tool, ground));
}

function jobsOf(tool: Tool, ground: Ground): readonly Job[] {
  const { name } = tool;
  let repository: string | undefined;
  const run = (args: readonly string[], cwd = "/", cache = `${repository}.cache`): MeasuredRun => {
    const env = { ...ground.env, ...tool.env(repository!), XDG_CACHE_HOME: cache };
    return measure("sh", ["-c", 'cd "$1" && shift && exec "$@"', "sh", cwd, findProgram(name)!, ...args], env);
  };
  const backup = (): Run => {
    if (repository !== undefined)
      for (const end of ["", ".cache", ".base"]) rmSync(repository + end, { recursive: true, force: true });
    repository = ground.fresh(name);
    mkdirSync(repository);
    run(tool.init);
    const done = run(tool.backup(ground.corpus));
    return figures(done, folderMegabytes(repository));
  };
  const restore = (path?: string): Run => {
    const out = ground.fresh("out");
    mkdirSync(out);
    const done = run(tool.restore(out, path), out, path === undefined ? undefined : ground.fresh("cache"));
    if (folderMegabytes(out) === 0) throw new Error(`${name} restored nothing`); // a path it does not know is no error to it
    return figures(done);
  };
  const ready = (): void => {
    if (repository === undefined) backup();
    ground.target("doppel");
  };
  const compared = { peer: name, needs: [name], bounds: [] };
  return [
    {
      ...compared,
      id: `${name}-backup`,
      name: "full, encrypted",
      bounds: [{ of: "speed", limit: 1 }],
      run: (side, pair) => (side === "doppel" ? defaultFull(ground, "doppel", pair) : backup()),
    },
    {
      ...compared,
      id: `${name}-restore`,
      name: "restore everything",
      prepare: ready,
      run: (side, pair) => (side === "doppel" ? restoreAll(ground, "doppel", pair) : restore()),
    },
    {
      ...compared,
      id: `${name}-restore-one`,
      name: "restore one file, cold cache",
      prepare: ready,
      run: (side, pair) => (side === "doppel" ? restoreOne(ground, "doppel", pair) : restore(join(ground.corpus, ground.wanted))),
    },
  ];
}
