import { examine, verdictOf } from "@doppel/setup";
import { doctorText } from "../render/doctor.ts";
import { argument, type Command } from "../session.ts";
import { openDoctor } from "../wire-doctor.ts";

/** `doppel doctor URL`: 0 when all is well, 1 when something failed, 3 when there are only warnings. */
export const doctor: Command = async (session) => {
  const { invocation, environment, renderer } = session;
  await using doctored = openDoctor(argument(invocation, "URL"), session);
  const { context } = doctored;
  const findings = await examine(context);
  const { counts, exit } = verdictOf(findings);
  const { label } = context.target;
  const { NO_COLOR, TERM } = environment.variables;
  const text = doctorText(label, findings, {
    coloured: process.stdout.isTTY === true && !NO_COLOR && TERM !== "dumb",
    withDetails: invocation.settings.verbosity >= 5,
  });
  renderer.result({ kind: "page", name: "doctor", text, data: { target: label, findings, counts } });
  return { exit };
};
