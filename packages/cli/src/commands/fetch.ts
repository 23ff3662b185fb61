import { innerPath } from "../option.ts";
import { argument, type Command } from "../session.ts";
import { localPath } from "../locations.ts";
import { restore } from "./restore.ts";

/** `doppel fetch URL PATH TARGET [TIME]`: a restore of one path, in duply's order of arguments. */
export const fetch: Command = (session) => {
  const { invocation } = session;
  const [, , , time] = invocation.positionals;
  const settings = {
    ...invocation.settings,
    "path-to-restore": innerPath(argument(invocation, "PATH")),
    ...(time !== undefined && { time: localPath(time) }),
  };
  return restore({ ...session, invocation: { ...invocation, settings } });
};
