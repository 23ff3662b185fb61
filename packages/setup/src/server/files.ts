import { CONFIG, namesOf, PROFILES, type ServerFile, type ServerPlan } from "./plan.ts";
import { profilesText } from "./profile.ts";
import { targetsText } from "./targets.ts";
import { schedulerFiles } from "./units.ts";

/**
 * All files of a server.
 * @param profiles  the text of its profiles file, when there is one that stays
 * @param credentials  lines `AWS_ACCESS_KEY_ID=…`
 */
export function serverFiles(
  plan: ServerPlan,
  more: { readonly profiles?: string; readonly credentials?: string },
): readonly ServerFile[] {
  const names = namesOf(plan.server);
  return [
    {
      path: PROFILES,
      mode: 0o644,
      text: more.profiles ?? profilesText(plan),
      ...(more.profiles !== undefined && { adds: true }),
    },
    { path: `${CONFIG}/${names.targets}`, mode: 0o644, text: targetsText(plan) },
    { path: `${CONFIG}/${names.publicKey}`, mode: 0o644, text: plan.publicKey },
    ...(more.credentials === undefined
      ? []
      : [{ path: `${CONFIG}/${names.credentials}`, mode: 0o600, text: more.credentials, secret: true } as const]),
    ...schedulerFiles(plan),
  ];
}
