import type { Profile, Profiles } from "@doppel/monitor";
import { readSettings } from "../parse/check.ts";
import type { ProfileTarget, Session } from "../session.ts";
import { openTargetOf } from "../wire.ts";
import { optionsOf } from "./profile-options.ts";

/** A profile's settings for a command that no command line was about. @throws profiles.bad, cli.usage */
export function targetOfProfile(profile: Profile, profiles: Profiles): ProfileTarget {
  return { profile, settings: readSettings(optionsOf(profile, profiles)) };
}

/**
 * The target of a profile with its credentials and options, for commands that open many. The caller disposes of it.
 * @throws storage.*, profiles.bad
 */
export function openProfileStorage(
  profile: Profile,
  purpose: "read" | "write",
  session: Pick<Session, "environment" | "runtime" | "invocation">,
  profiles: Profiles,
): ReturnType<typeof openTargetOf> {
  return openTargetOf(targetOfProfile(profile, profiles), purpose, session);
}
