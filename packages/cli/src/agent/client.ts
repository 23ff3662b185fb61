import { lstatSync } from "node:fs";
import { connect } from "node:net";
import { resolve } from "node:path";
import { type BytePath, errnoOf, pathToBytes } from "@doppel/base";
import { type Environment, folderOf, urlText } from "../locations.ts";
import { agentPlace, refuseStrange } from "./place.ts";
import { type Answer, LINE_LIMIT, type Question } from "./protocol.ts";

/** For an agent that hangs: then there is none. */
const PATIENCE_MS = 3000;

/** By what the agent knows a target: however it is named, as long as that is the same place on this machine. */
export function agentName(url: BytePath, environment: Environment): string {
  const folder = folderOf(url, environment);
  return folder === undefined ? urlText(url) : resolve(pathToBytes(folder).toString("latin1"));
}

/** The passphrase that this user's agent keeps for a target; undefined when it keeps none, and when there is no agent. */
export async function passphraseFromAgent(url: BytePath, environment: Environment): Promise<string | undefined> {
  const place = agentPlace(environment.variables, userId(), false);
  if (place === undefined) return undefined;
  const answer = await ask(place.socket, { op: "get", target: agentName(url, environment) });
  return typeof answer === "object" ? answer.passphrase : undefined;
}

/** One target's passphrase, or all. @returns what they were called @throws temp.unusable when an agent could be there that is not to be asked */
export async function forgetInAgent(url: BytePath | undefined, environment: Environment): Promise<readonly string[]> {
  refuseStrange(environment.variables, userId());
  const place = agentPlace(environment.variables, userId(), false);
  if (place === undefined) return [];
  const answer = await ask(place.socket, {
    op: "forget",
    ...(url !== undefined && { target: agentName(url, environment) }),
  });
  return typeof answer === "object" ? (answer.forgotten ?? []) : [];
}

/**
 * Asks the agent behind a socket.
 * @returns "none": there is no socket of ours, or nothing is said; "stale": it is there, and nobody listens
 */
export async function ask(socket: string, question: Question): Promise<Answer | "none" | "stale"> {
  try {
    const { mode, uid } = lstatSync(socket);
    if ((mode & 0o170_000) !== 0o140_000 || uid !== userId()) return "none";
  } catch {
    return "none";
  }
  return new Promise((done) => {
    const connection = connect(socket);
    let line = "";
    connection.setTimeout(PATIENCE_MS, () => connection.destroy());
    connection.on("connect", () => connection.write(`${JSON.stringify(question)}\n`));
    connection.setEncoding("utf8").on("data", (chunk: string) => {
      line += chunk;
      if (line.length > 2 * LINE_LIMIT) connection.destroy();
    });
    connection.on("error", (error) => done(errnoOf(error) === "ECONNREFUSED" ? "stale" : "none"));
    connection.on("close", () => done(answerIn(line)));
  });
}

function answerIn(line: string): Answer | "none" {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return "none";
  }
}

/** Where a system has no users, all files are one's own. */
export function userId(): number {
  return process.geteuid?.() ?? 0;
}
