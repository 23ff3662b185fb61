import { displayText } from "@doppel/base";
import type { Check, DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";
import { runProgram } from "./run-program.ts";

/** What runs, and what would restore in an emergency, without doppel. */
export const tools: Check = async (context) => {
  const { doppel, node, gpgBinary } = context.machine;
  return [
    { id: "versions", level: "pass", title: `doppel ${doppel} on Node ${node}` },
    await emergencyTool("duplicity", "duplicity", /^duplicity (\S+)/, context),
    await emergencyTool("gpg", gpgBinary, /^gpg \(.*\) (\S+)/, context),
  ];
};

async function emergencyTool(name: string, file: string, version: RegExp, context: DoctorContext): Promise<Finding> {
  const id = `emergency-tool:${name}`;
  const { signal } = context.runtime;
  const answer = await runProgram(file, ["--version"], { env: context.machine.env, signal });
  if (answer !== undefined && answer.code === 0 && !answer.stdout.includes("(doppel")) {
    const found = version.exec(answer.stdout)?.[1] ?? "of a version that it does not tell";
    return { id, level: "pass", title: `${name} ${displayText(found)} is here for an emergency` };
  }
  return {
    id,
    level: "warn",
    title: answer?.code === 0 ? `what is called ${name} on this machine is doppel` : `${name} is not on this machine`,
    detail: "backups can be restored without doppel, by duplicity and gpg; whoever restores needs them, here or elsewhere",
    remedy: `apt-get install ${name === "gpg" ? "gnupg" : name}, or have a machine at hand that has it`,
  };
}
