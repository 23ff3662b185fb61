import { lstatSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { errnoOf } from "@doppel/base";
import { closeInherited } from "./inherited.ts";
import { type Answer, LINE_LIMIT, parseQuestion, type Question } from "./protocol.ts";
import { Vault } from "./vault.ts";

/** Milliseconds: for the first passphrase to come, for a client to ask, between looks whether the session is over. */
const TIMES = { first: 10_000, client: 5000, look: 2000 } as const;

/** The signals at which everything is forgotten. */
const ENDS = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const;

/**
 * The agent: holds passphrases in memory for whoever may open the socket, and ends when it holds none. Writes nothing but a line
 * to standard output as soon as it can be asked; leaves no file behind but the socket, and that only when it is killed.
 * @param socket  in a folder that is this user's alone: that is what keeps others away, since Node cannot ask who has connected
 * @param session  process that leads the session, as `leaderOf` tells it; the agent ends with it
 */
export function serve(socket: string, session: string | undefined): void {
  closeInherited();
  const vault = new Vault(() => Date.now());
  let own: bigint | undefined;
  const end = (code = 0): never => {
    vault.forget();
    if (own !== undefined && inodeOf(socket) === own) rmSync(socket, { force: true });
    process.exit(code);
  };
  for (const signal of ENDS) process.on(signal, () => end());
  process.on("SIGUSR1", () => {}); // otherwise Node would open a debugger to everybody on this machine
  process.on("uncaughtException", () => end(1));

  const server = createServer((client) => {
    serveOne(client, (question) => {
      const answer = answerTo(question, vault);
      arm();
      return answer;
    });
  });
  server.on("error", (error) => {
    process.stdout.write(errnoOf(error) === "EADDRINUSE" ? "busy\n" : `${errnoOf(error) ?? "error"}\n`, () => end(1));
  });
  process.umask(0o177); // the socket is 0600 from its first moment
  server.listen(socket, () => {
    own = inodeOf(socket);
    process.stdout.write("ready\n");
  });

  let timer = setTimeout(end, TIMES.first);
  /** Ends with the last passphrase, once the answer is out. */
  const arm = (): void => {
    clearTimeout(timer);
    vault.expire();
    timer = setTimeout(vault.isEmpty ? end : arm, vault.isEmpty ? 100 : Math.min(vault.next ?? 0, TIMES.look) + 1);
  };
  setInterval(() => {
    // At logout the system takes the runtime folder away; elsewhere the login shell is what is gone.
    const replaced = own !== undefined && inodeOf(socket) !== own;
    if (replaced || (session !== undefined && leaderOf(Number(session.split(":")[0])) !== session)) end();
  }, TIMES.look);
}

/** A process, so that another one with the same number is told apart; undefined when there is none. */
function leaderOf(pid: number): string | undefined {
  const started = statOf(pid)?.[19];
  return started === undefined ? undefined : `${pid}:${started}`;
}

/** The leader of the session that this process belongs to; undefined where that tells nothing. */
export function sessionLeader(): string | undefined {
  const leader = Number(statOf(process.pid)?.[3]);
  return leader > 1 && leader !== process.pid ? leaderOf(leader) : undefined;
}

/** proc(5): the fields behind the name, which may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return undefined;
  }
}

function answerTo(question: Question, vault: Vault): Answer {
  switch (question.op) {
    case "hold":
      return { until: vault.hold(question.target, question.label, question.passphrase, question.ms) };
    case "get": {
      const passphrase = vault.get(question.target);
      return passphrase === undefined ? {} : { passphrase };
    }
    case "forget":
      return { forgotten: vault.forget(question.target) };
  }
}

/** One question, one answer, and no waiting for who says nothing. */
function serveOne(client: Socket, answer: (question: Question) => Answer): void {
  let line = "";
  client.setTimeout(TIMES.client, () => client.destroy());
  client.on("error", () => client.destroy());
  client.setEncoding("utf8").on("data", (chunk: string) => {
    line += chunk;
    if (line.length > LINE_LIMIT) client.destroy();
    if (!line.includes("\n")) return;
    const question = parseQuestion(line.slice(0, line.indexOf("\n")));
    line = "";
    if (question === undefined) client.destroy();
    else client.end(`${JSON.stringify(answer(question))}\n`);
  });
}

function inodeOf(path: string): bigint | undefined {
  try {
    return lstatSync(path, { bigint: true }).ino;
  } catch {
    return undefined;
  }
}
