import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { appendProfile, parseProfilesDocument, readProfiles } from "@doppel/monitor";
import { profileBlock, PROFILES, PROFILES_HEAD, type ServerPlan } from "@doppel/setup";

/**
 * The text of a profiles file that others have written to, with the server's profile in it; undefined when the whole file is
 * the setup's own, or not there yet.
 * @throws profiles.bad also for a profile of that name that says something else
 */
export function profilesWith(plan: ServerPlan, root: string): string | undefined {
  const path = join(root, PROFILES);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8");
  const block = (indent: string): string => profileBlock(plan, indent);
  if (text.startsWith(PROFILES_HEAD) && isAlone(path, text, plan.server)) return undefined;
  return text.includes(`\n${block("  ")}`) ? text : appendProfile(path, text, plan.server, block);
}

function isAlone(path: string, text: string, server: string): boolean {
  const { byName, bad } = readProfiles(parseProfilesDocument(path, text));
  return [...byName.keys(), ...bad.keys()].every((name) => name === server);
}
