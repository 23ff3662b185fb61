import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { DoppelError } from "@doppel/base";
import { profilesPath } from "@doppel/monitor";
import type { Environment } from "../locations.ts";
import { commandOf } from "../parse/doppel.ts";
import type { Tokens } from "../parse/tokens.ts";
import { openProfiles } from "./open-profiles.ts";

/**
 * `explain PATH`, on a server whose profiles file says what it backs up, is `explain PATH @SERVER`.
 * @returns the line with the profile, or as it was where there is no file: the parser says what is missing
 * @throws cli.usage when several profiles have a source; profiles.bad
 */
export async function withOnlySource(
  args: readonly string[],
  { positionals, at, given, help, version }: Tokens,
  { variables, cwd }: Pick<Environment, "variables" | "cwd">,
): Promise<readonly string[]> {
  const named = commandOf(positionals);
  if (help || version || named?.command !== "explain" || named.rest.length !== 1) return args;
  const last = given.get("profiles")?.at(-1);
  const file = last && Buffer.from(last, "latin1").toString("utf8");
  if (file === undefined && !existsSync(resolve(cwd, profilesPath(variables)))) return args;
  const { byName } = await openProfiles(file, { variables, cwd });
  const servers = [...byName.values()].flatMap(({ name, source }) => (source === undefined ? [] : [`@${name}`]));
  if (servers.length > 1) {
    const some = `${servers.slice(0, 5).join(", ")}${servers.length > 5 ? " or another" : ""}`;
    throw new DoppelError("cli.usage", `of which backup? Name the folder that is backed up, or its profile: ${some}`, {});
  }
  return args.toSpliced(at.at(-1)! + 1, 0, ...servers);
}
