import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { isSea } from "node:sea";
import { type BytePath, DoppelError, errnoOf } from "@doppel/base";
import type { Environment } from "../locations.ts";
import { AGENT_WORD } from "../main.ts";
import { agentName, ask, userId } from "./client.ts";
import { agentPlace, type AgentPlace } from "./place.ts";
import type { Answer, Question } from "./protocol.ts";
import { sessionLeader } from "./server.ts";

/**
 * Gives a passphrase to this user's agent, which is started when there is none.
 * @returns until when it keeps it
 * @throws temp.unusable when there is no place for it, or it does not start
 */
export async function holdInAgent(
  url: BytePath,
  held: { readonly label: string; readonly passphrase: string; readonly ms: number },
  environment: Environment,
): Promise<Date> {
  const place = agentPlace(environment.variables, userId(), true)!;
  const target = agentName(url, environment);
  for (let attempt = 0; attempt < 3; attempt++) {
    const answer = await askOrStart(place, { op: "hold", target, ...held });
    // Two agents may have been started at once: it counts when the one that is found from now on has it.
    const found = await ask(place.socket, { op: "get", target });
    if (answer?.until !== undefined && typeof found === "object" && found.passphrase === held.passphrase)
      return new Date(answer.until);
  }
  throw failed(place, "does not keep it");
}

async function askOrStart(place: AgentPlace, question: Question): Promise<Answer | undefined> {
  const answer = await ask(place.socket, question);
  if (typeof answer === "object") return answer;
  if (answer === "stale") rmSync(place.socket, { force: true }); // its agent was killed
  await start(place);
  const second = await ask(place.socket, question);
  return typeof second === "object" ? second : undefined;
}

/** No core dump. The agent itself closes what it inherits: a shell can do that up to 9 only. */
const CLEAN = 'ulimit -c 0; exec "$@"';

/**
 * Starts doppel itself as the agent: in a session of its own, without our files and environment, and without core dumps,
 * which a shell has to see to, because Node cannot.
 */
async function start({ socket, outlivesSession }: AgentPlace): Promise<void> {
  const program = isSea() ? [process.execPath] : [process.execPath, ...process.execArgv, process.argv[1]!];
  const session = outlivesSession ? sessionLeader() : undefined;
  const args = [...program, AGENT_WORD, socket, ...(session === undefined ? [] : [session])];
  const child = spawn("/bin/sh", ["-c", CLEAN, "sh", ...args], {
    detached: true,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const said = await Promise.race([
    once(child.stdout.setEncoding("utf8"), "data").then(([text]) => String(text).trim()),
    once(child, "close").then(([code]) => `exit code ${code}`),
  ]).catch((error: unknown) => errnoOf(error) ?? "unknown error");
  child.stdout.destroy();
  child.unref();
  if (said !== "ready" && said !== "busy") throw failed({ socket, outlivesSession }, `does not start (${said})`);
}

function failed({ socket }: AgentPlace, why: string): DoppelError<"temp.unusable"> {
  return new DoppelError("temp.unusable", `the agent at ${socket} ${why}; nothing is kept`, { path: socket });
}
