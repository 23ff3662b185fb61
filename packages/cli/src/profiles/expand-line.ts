import { type BytePath, DoppelError } from "@doppel/base";
import type { Environment } from "../locations.ts";
import type { Invocation, Request } from "../parse/doppel.ts";
import { type Tokens, tokenise } from "../parse/tokens.ts";
import type { ProfileTarget, Session } from "../session.ts";
import { mentionsOf, writeOut } from "./expand.ts";
import { withOnlySource } from "./only-source.ts";
import { openProfiles } from "./open-profiles.ts";

/** A command line with its profiles written out. */
export interface ExpandedLine {
  readonly args: readonly string[];
  /** What its session knows of them. */
  readonly found?: (invocation: Invocation) => Pick<Session, "profile" | "targets">;
}

/**
 * Puts profiles in the place of their names, wherever a target stands (PROFILES.md); reads no file when there are none.
 * @param parse  of the line that this makes
 * @throws cli.usage, profiles.bad
 */
export async function expandLine(
  typed: readonly string[],
  parse: (args: readonly string[]) => Request,
  variables: Environment["variables"],
  cwd: string,
): Promise<ExpandedLine> {
  const read = tokensOf(typed);
  if (read === undefined) return { args: typed };
  const args = await withOnlySource(typed, read, { variables, cwd });
  const tokens = tokensOf(args);
  const mentions = tokens && mentionsOf(tokens);
  if (tokens === undefined || mentions === undefined) return { args };
  const file = tokens.given.get("profiles")?.at(-1);
  const profiles = await openProfiles(file && Buffer.from(file, "latin1").toString("utf8"), { variables, cwd });
  const written = writeOut(args, tokens, mentions, profiles);
  const found = (invocation: Invocation): Pick<Session, "profile" | "targets"> => {
    const targets = new Map<BytePath, ProfileTarget>();
    for (const { url, profile, args: line } of written.targets) {
      const request = line.join("\0") === written.args.join("\0") ? undefined : parse(line);
      targets.set(url, { profile, settings: request?.kind === "run" ? request.run.settings : invocation.settings });
    }
    return { profile: written.targets[0]!.profile, targets };
  };
  return { args: written.args, found };
}

/** Undefined for a line that the parser will refuse. */
function tokensOf(args: readonly string[]): Tokens | undefined {
  try {
    return tokenise(args, { program: "doppel" });
  } catch (error) {
    if (error instanceof DoppelError) return undefined;
    throw error;
  }
}
