import { DoppelError } from "@doppel/base";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { offered } from "../completion/model.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { localPath } from "../locations.ts";
import { openProfiles } from "../profiles/open-profiles.ts";
import { argument, type Command, type Session } from "../session.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `doppel completion SHELL`; `profiles` is for the scripts, which ask what @NAME may be. */
export const completion: Command = async (session) => {
  const what = localPath(argument(session.invocation, "SHELL"));
  const text = what === "profiles" ? await profileNames(session) : scriptFor(what);
  session.renderer.result({ kind: "page", name: "completion", text, data: { text } });
  return "complete";
};

function scriptFor(shell: string): string {
  if (Object.hasOwn(SHELLS, shell)) return SHELLS[shell as keyof typeof SHELLS](offered());
  const message = `there is completion for ${Object.keys(SHELLS).join(", ")}, not for "${shell}"`;
  throw new DoppelError("cli.usage", `${message} (see doppel completion --help)`, {});
}

/** A line each. */
async function profileNames({ invocation: { settings }, environment }: Session): Promise<string> {
  const file = settings.profiles === undefined ? undefined : localPath(settings.profiles);
  const { byName } = await openProfiles(file, environment);
  return [...byName.keys()].map((name) => `${name}\n`).join("");
}
