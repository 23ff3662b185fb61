import { recipe as recipeFor } from "@doppel/engine/internal";
import { folderOf } from "../locations.ts";
import { argument, type Command } from "../session.ts";
import { prefixesOf, timeOf } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

/** `doppel recipe URL` */
export const recipe: Command = (session) => {
  const { invocation, environment, runtime, renderer } = session;
  const { settings } = invocation;
  const folder = folderOf(argument(invocation, "URL"), environment);
  const job = {
    ...timeOf(settings, runtime.clock.now()),
    prefixes: prefixesOf(settings),
    ...(folder !== undefined && { folder }),
  };
  return withReadDeps(session, async (deps) => {
    renderer.result({ kind: "recipe", script: await recipeFor(job, deps, runtime) });
    return "complete";
  });
};
