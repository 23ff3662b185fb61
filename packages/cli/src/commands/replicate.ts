import { displayPath, DoppelError } from "@doppel/base";
import { replicate as replicateSets } from "@doppel/engine/internal";
import { argument, type Command } from "../session.ts";
import { counted } from "../render/sizes.ts";
import { isSameTarget } from "../target-in-source.ts";
import { openTarget, prefixesOf, readDeps, timeIn } from "../wire.ts";

/** `doppel replicate SRC_URL TGT_URL` */
export const replicate: Command = async (session) => {
  const { invocation, environment, runtime, renderer } = session;
  const { settings } = invocation;
  const url = argument(invocation, "SRC_URL");
  const { since, verify } = settings;
  const other = argument(invocation, "TGT_URL");
  if (isSameTarget(url, other, environment)) {
    const message = `${displayPath(url)} and ${displayPath(other)} are the same place: a copy of the backups belongs elsewhere`;
    throw new DoppelError("cli.usage", message, {});
  }
  const prefixes = prefixesOf(settings);
  const there = prefixesOf(session.targets?.get(other)?.settings ?? settings);
  if (JSON.stringify(prefixes) !== JSON.stringify(there)) {
    const message =
      "the two profiles have different file prefixes: a copy has the names of what it is a copy of; give both the same";
    throw new DoppelError("cli.usage", message, {});
  }
  const job = {
    prefixes,
    verify,
    ...(since !== undefined && { since: timeIn(since, runtime.clock.now()) }),
  };
  await using from = await openTarget(url, "read", session);
  const { storage: _, verifier: __, ...deps } = await readDeps(url, from, { ...session, settings });
  try {
    await using to = await openTarget(other, "write", session);
    const report = await replicateSets(job, { ...deps, from, to }, runtime);
    renderer.result({ kind: "replicate", report });
    const missing = report.sets.filter(({ outcome }) => outcome === "failed" || outcome === "blocked");
    const [first] = missing.flatMap(({ errors }) => errors);
    if (first === undefined) return "complete";
    const message = `${missing.length} of ${counted(report.sets.length, "backup")} could not be copied; what is wrong with them stands above`;
    throw new DoppelError(first.code, message, first.data, first);
  } finally {
    await deps.keys?.close();
  }
};
