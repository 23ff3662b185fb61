import { resolve } from "node:path";
import { DoppelError, nearest } from "@doppel/base";
import { loadProfiles, type Profile, type Profiles, profilesPath, readTrusted } from "@doppel/monitor";
import type { Environment } from "../locations.ts";

/**
 * The profiles file, which has to be its owner's or root's alone.
 * @param given  `--profiles`
 * @throws profiles.bad
 */
export async function openProfiles(
  given: string | undefined,
  { variables, cwd }: Pick<Environment, "variables" | "cwd">,
): Promise<Profiles> {
  return loadProfiles(resolve(cwd, given ?? profilesPath(variables)), readTrusted(process.geteuid?.()));
}

/** @throws cli.usage for a name that is not there; profiles.bad for one that cannot be used */
export function profileNamed({ file, byName, bad }: Profiles, name: string): Profile {
  const problem = bad.get(name);
  if (problem !== undefined) throw problem;
  const profile = byName.get(name);
  if (profile !== undefined) return profile;
  const known = [...byName.keys(), ...bad.keys()];
  const meant = nearest(name, known);
  const some = known.length > 20 ? `${known.slice(0, 20).join(", ")} and ${known.length - 20} more` : known.join(", ");
  const hint = meant === undefined ? "" : `; did you mean @${meant}?`;
  const message = `there is no profile ${name} in ${file}${hint} It has ${known.length === 0 ? "none" : some}; a folder of that name is ./@${name}`;
  throw new DoppelError("cli.usage", hint === "" ? message.replace(" It has", ", which has") : message, {});
}
