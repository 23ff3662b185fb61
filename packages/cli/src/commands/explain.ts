import { posix } from "node:path";
import { type BytePath, isWithin, pathFromText, ROOT } from "@doppel/base";
import { type Environment, folderOf } from "../locations.ts";
import { explanationData, explanationText, type Judged } from "../render/explanation.ts";
import { pathFields } from "../render/json-lines.ts";
import { argument, type Command } from "../session.ts";
import { explanationOf } from "../wire.ts";

const NOT_BACKED_UP = 1;

/** `doppel explain PATH SOURCE`: 0 when it is backed up, 1 when not. */
export const explain: Command = async ({ invocation, environment, runtime, renderer, profile }) => {
  const source = argument(invocation, "SOURCE");
  const asked = absolute(argument(invocation, "PATH"), environment);
  const root = absolute(source, environment);
  const relative = belowRoot(asked, root);
  // Of what lies elsewhere nothing is asked, but a source that is not there, or rules that are no good, are told first.
  if (relative === undefined) explanationOf(source, ROOT, invocation, runtime.clock.now());
  const target = profile && folderOf(pathFromText(profile.url), environment);
  const judged: Judged = {
    path: asked,
    root,
    explanation: relative === undefined ? undefined : explanationOf(source, relative, invocation, runtime.clock.now()),
    holdsTarget: target !== undefined && isWithin(asked, absolute(target, environment)),
  };
  renderer.result({
    kind: "page",
    name: "explain",
    text: explanationText(judged),
    data: { ...pathFields(asked), ...explanationData(judged) },
  });
  return { exit: judged.explanation?.stored === true ? 0 : NOT_BACKED_UP };
};

/** Without `.` and `..`, which lead out of a link's target otherwise than it looks: what is meant is what was typed. */
function absolute(path: BytePath, { cwd }: Environment): BytePath {
  const resolved = posix.resolve(pathFromText(cwd), path);
  return resolved as BytePath;
}

function belowRoot(path: BytePath, root: BytePath): BytePath | undefined {
  if (path === root) return ROOT;
  const prefix = root === "/" ? "/" : `${root}/`;
  return path.startsWith(prefix) ? (path.slice(prefix.length) as BytePath) : undefined;
}
