import { rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { type BytePath, DoppelError, pathFromText } from "@doppel/base";
import {
  CACHE,
  checkOneScheduler,
  checkReplaces,
  type Installation,
  install,
  makeFolder,
  planInstallation,
  serverFiles,
  type ServerPlan,
} from "@doppel/setup";
import { EXIT_CODES } from "../exit-codes.ts";
import { localPath, urlText } from "../locations.ts";
import { pasteable } from "../pasteable.ts";
import { programItself } from "../program-itself.ts";
import { isS3Url, s3OptionsOf } from "../s3-settings.ts";
import { argument, type Command, type Outcome, type Session } from "../session.ts";
import { type Answers, withAnswersFile } from "../setup/answers.ts";
import { runChild } from "../setup/child.ts";
import { credentialsFor } from "../setup/credentials.ts";
import {
  firstBackup,
  type Ground,
  type Proof,
  readBackProof,
  restoreProof,
  runsSystemd,
  startCommands,
} from "../setup/first-backup.ts";
import { keptOptions, placeArguments } from "../setup/kept-options.ts";
import { profilesWith } from "../setup/profiles-file.ts";
import { Questions } from "../setup/questions.ts";
import {
  checkNotSecret,
  chooseKey,
  folderForKey,
  keyFromFile,
  keyMadeHere,
  type KeyChoice,
  type ServerKey,
} from "../setup/server-key.ts";
import { installationData, plannedText } from "../setup/server-page.ts";
import { askForWish, checkFoldersAreThere, checkProgram, type Wish } from "../setup/wish.ts";
import { tryListing, withoutSecret } from "../wire.ts";

/** Something is wrong: the first backup failed, or its proof. */
const FAILED = 1;
/** Set up, and not proven that it can be restored; or something was left out of the backup. */
const NOT_PROVEN = 3;

/** `doppel setup server URL`: everything a server needs for its backup every night, a first one, and the proof that it can be restored. */
export const setupServer: Command = async (session) => {
  const { invocation, environment, renderer, ask } = session;
  const url = targetText(argument(invocation, "URL"), environment.cwd);
  const answers = withAnswersFile(invocation.settings.answers, invocation);
  const { settings } = answers;
  await checkNotSecret(answers, environment.cwd, session.runtime.clock.now());
  checkEndpoint(settings["s3-endpoint-url"]);
  s3OptionsOf(settings, session.runtime.clock.now()); // contradictions are told before anything is asked
  const root = settings.root === undefined ? "/" : resolve(environment.cwd, localPath(settings.root));

  const questions = new Questions(ask);
  const wish = await askForWish(url, answers, questions);
  const choice = await chooseKey(answers, environment.cwd, questions);
  const credentials = isS3Url(url) ? await credentialsFor(settings["aws-credentials"], environment.cwd, questions) : undefined;
  questions.complete();
  if (wish === undefined || choice === undefined) throw new Error("an answer is missing that nobody missed");

  const program = programFor(settings.program, environment.cwd);
  if (!settings.print && !settings["no-first-backup"]) {
    checkFoldersAreThere(wish);
    checkProgram(program[0]!);
    // Before anything is written: credentials that are wrong would else have to be written over.
    if (isS3Url(url)) await tryListing(url, settings, credentials?.known, session);
  }

  const planFor = (key: ServerKey) => planWith({ key, wish, url, answers, root, credentials: credentials?.text, program });
  if (!settings.print) checkOneScheduler(planFor(NO_KEY).plan, root);
  const key = await keyFor(choice, { wish, root, answers, questions, session, planFor });
  const { plan, installation } = planFor(key);
  if (settings.print) {
    const commands = plan.timing.scheduler === "systemd" ? startCommands(plan.server) : [];
    const later =
      key === NO_KEY ? ["# The key is made when this runs without --print: its fingerprint comes where there are zeros.\n"] : [];
    const text = [...later, plannedText(installation), ...commands.map((command) => `# ${command.join(" ")}\n`)].join("\n");
    renderer.result({
      kind: "page",
      name: "setup-server",
      text,
      data: { files: installationData(installation), commands, written: false },
    });
    return "complete";
  }
  try {
    install(installation, settings.force);
  } catch (error) {
    for (const path of key.made?.files ?? []) rmSync(path, { force: true }); // nothing is encrypted to it yet
    throw error;
  }
  makeFolder(join(root, CACHE), 0o700);
  return backUpAndProve({ plan, root, session }, installation, key, answers);
};

interface Made {
  readonly key: ServerKey;
  readonly wish: Wish;
  readonly url: string;
  readonly answers: Answers;
  readonly root: string;
  readonly credentials: string | undefined;
  readonly program: readonly string[];
}

function planWith({ key, wish, url, answers, root, credentials, program }: Made) {
  const { settings } = answers;
  const plan: ServerPlan = {
    ...wish,
    watched: wish.folders.filter((folder) => statSync(folder, { throwIfNoEntry: false })?.isFile() !== true),
    url,
    fingerprint: key.fingerprint,
    publicKey: key.publicKey,
    credentials: credentials !== undefined,
    options: keptOptions(settings, url),
    program,
  };
  const profiles = profilesWith(plan, root);
  const files = serverFiles(plan, {
    ...(profiles !== undefined && { profiles }),
    ...(credentials !== undefined && { credentials }),
  });
  return { plan, installation: planInstallation(files, root) };
}

function programFor(given: BytePath | undefined, cwd: string): readonly string[] {
  return given === undefined ? programItself() : [resolve(cwd, localPath(given))];
}

/** A key that is not made yet, to see what would be written: nothing is ever encrypted to it. */
const NO_KEY: ServerKey = { fingerprint: "0".repeat(40), publicKey: "(the key that will be made)\n" };

interface KeyRequest {
  readonly wish: Wish;
  readonly root: string;
  readonly answers: Answers;
  readonly questions: Questions;
  readonly session: Session;
  readonly planFor: (key: ServerKey) => { readonly installation: readonly Installation[] };
}

async function keyFor(choice: KeyChoice, { wish, root, answers, questions, session, planFor }: KeyRequest): Promise<ServerKey> {
  if (choice.kind === "file") return keyFromFile(choice.path, answers, questions, session);
  const { settings } = answers;
  if (settings.print) return NO_KEY;
  checkFirstKey(wish.server, planFor(NO_KEY).installation);
  checkReplaces(planFor(NO_KEY).installation, settings.force); // before there is a key, which would be left lying about
  return keyMadeHere(wish.server, folderForKey(settings.out, session.environment.cwd, root), answers, session);
}

/** --force is for files that can be made again. @throws cli.usage when the server's backups are for a key already */
function checkFirstKey(server: string, installation: readonly Installation[]): void {
  const there = installation.find(({ file, state }) => file.path.endsWith(`/${server}.public.asc`) && state !== "new");
  if (there === undefined) return;
  const place = pasteable(pathFromText(there.place));
  const message = `${there.place} is the key that the backups of ${server} so far are made for, and a key is never written over, not with --force: go on with it (--public-key ${place}), or move it away by hand before a new one is made; nothing was written`;
  throw new DoppelError("cli.usage", message, { option: "--make-key-here" });
}

async function backUpAndProve(
  ground: Ground,
  installation: readonly Installation[],
  key: ServerKey,
  answers: Answers,
): Promise<Outcome> {
  const { plan, session } = ground;
  const lines = [
    ...installation.map(({ place, state }) => `${state === "same" ? "as it was" : "written"}: ${place}\n`),
    ...(key.made === undefined ? [pinnedLine(plan, answers)] : fetchLines(plan, key)),
  ];
  const finish = (outcome: string, text: string, exit: number, more: object = {}): Outcome => {
    const data = {
      server: plan.server,
      fingerprint: plan.fingerprint,
      written: true,
      outcome,
      files: installationData(installation),
      ...more,
    };
    session.renderer.result({ kind: "page", name: "setup-server", text: [...lines, "\n", text].join(""), data });
    return exit === 0 ? "complete" : { exit };
  };
  if (answers.settings["no-first-backup"]) {
    const command = plan.timing.scheduler === "systemd" ? startCommands(plan.server) : [];
    const next = command.map((words) => `  ${words.join(" ")}\n`).join("");
    return finish("written", `Nothing is backed up yet, and nothing proven.\n${next}`, NOT_PROVEN);
  }

  const exit = await firstBackup(ground);
  if (exit !== 0 && exit !== NOT_PROVEN) {
    const where = runsSystemd(ground) ? `journalctl -u doppel-${plan.server}` : "what is said above, or in syslog";
    const again = key.made === undefined ? "" : ` with --public-key ${plan.server}.public.asc`;
    const text = `THE FIRST BACKUP FAILED (exit code ${exit}): see ${where}. The files stay; run this again${again} when that is mended.\n`;
    return finish("failed", text, FAILED);
  }
  if (exit === NOT_PROVEN) lines.push("Some of it could not be backed up: see what is said above, or in the log.\n");
  if (runsSystemd(ground)) await enableTimer(ground);
  else if (plan.timing.scheduler === "systemd")
    lines.push(...startCommands(plan.server).map((words) => `to be run where systemd runs: ${words.join(" ")}\n`));

  const proof = await prove(ground, key, answers);
  const { text, outcome, code } = judged(proof, ground, answers);
  return finish(outcome, text, code === 0 && exit === NOT_PROVEN ? NOT_PROVEN : code, { proof });
}

async function enableTimer({ plan, session }: Ground): Promise<void> {
  const { PATH = "/usr/sbin:/usr/bin:/sbin:/bin" } = session.environment.variables;
  for (const command of startCommands(plan.server)) {
    const { exit } = await runChild(command, { env: { PATH }, signal: session.runtime.signal });
    if (exit === 0) continue;
    const message = `the first backup is made, but ${command.join(" ")} ended with exit code ${exit}: without the timer there is no second one`;
    throw new DoppelError("temp.unusable", message, { path: command[0]! });
  }
}

async function prove(ground: Ground, key: ServerKey, { settings }: Answers): Promise<Proof> {
  if (key.made !== undefined) return restoreProof(ground, key.made.secretFile, key.made.passphrase);
  const { passphrases, environment } = ground.session;
  const file = settings["secret-key"];
  if (file === undefined) return readBackProof(ground);
  const path = resolve(environment.cwd, localPath(file));
  return restoreProof(ground, path, await passphrases.forReading(`the key in ${path}`));
}

function judged(proof: Proof, { plan }: Ground, { settings }: Answers) {
  if (proof.kind === "failed") {
    const text = `THE FIRST BACKUP IS NOT AS IT SHOULD BE:\n${proof.problems.map((line) => `  ${line}\n`).join("")}`;
    return { text, outcome: "failed", code: FAILED };
  }
  if (proof.kind === "restored") {
    const warnings = proof.warnings.map((line) => `  warning: ${line}\n`).join("");
    const files = proof.files === 1 ? "1 file" : `${proof.files} files`;
    const text = `${warnings}Done: ${files} of the first backup, chosen at random, were restored and are what was backed up.\n`;
    return { text, outcome: "proven", code: 0 };
  }
  if (proof.kind === "locked") {
    const line = `doppel drill @${plan.server} --secret-key ${pasteable(pathFromText(proof.secretFile))}`;
    const text = `Not proven restorable yet: ${proof.why}\nThe first backup is made, and nothing is known against it. With the right key and passphrase this proves it:\n  ${line}\n`;
    return { text, outcome: "not-proven", code: EXIT_CODES["openpgp.wrong-passphrase"] };
  }
  const place = placeArguments(settings, plan.url).map((option) => pasteable(pathFromText(option)));
  const line = ["doppel", "drill", "--secret-key", `${plan.server}.secret.asc`, ...place, pasteable(pathFromText(plan.url))].join(
    " ",
  );
  const warned = proof.warnings > 0 ? ` (with ${proof.warnings} warnings: doppel audit @${plan.server} tells them)` : "";
  const text = `Not proven restorable yet: the secret key is not on this server, as it should be.
All ${proof.objects} objects of the first backup were read again, and are what was stored${warned}.
On the machine with the secret key${isS3Url(plan.url) ? ", with credentials that may read the bucket" : ""}, this proves the rest:
  ${line}
`;
  return { text, outcome: "not-proven", code: NOT_PROVEN };
}

/** Which key the backups are for: nobody has compared it yet, unless its fingerprint was given. */
function pinnedLine({ fingerprint }: ServerPlan, { settings }: Answers): string {
  const compare = settings.fingerprint === undefined ? "; compare it with what setup key printed" : "";
  return `pinned: ${fingerprint}${compare}\n`;
}

/** What has to happen to the secret half of a key that was made here. */
function fetchLines({ fingerprint }: ServerPlan, { made }: ServerKey): readonly string[] {
  if (made === undefined) return [];
  const host = hostname();
  const files = made.files.map((path) => pasteable(pathFromText(path)));
  return [
    `key ${fingerprint} was made here; its secret half, locked, is in ${made.secretFile} until you have fetched it. On your own machine:\n`,
    ...files.map((path) => `  scp root@${host}:${path} .\n`),
    `  ssh root@${host} shred -u ${files.join(" ")}\n`,
  ];
}

/** It stands in the profile, which everybody may read. @throws cli.usage for one with a password in it */
function checkEndpoint(endpoint: string | undefined): void {
  if (endpoint === undefined || !URL.canParse(endpoint)) return;
  const { username, password } = new URL(endpoint);
  if (username === "" && password === "") return;
  const message =
    "--s3-endpoint-url has a name or password in it, which everybody on the machine can see: leave it out, and give --aws-credentials FILE";
  throw new DoppelError("cli.usage", message, { option: "--s3-endpoint-url" });
}

/** The target as a profile names it. @throws cli.usage for one with a password in it */
function targetText(url: BytePath, cwd: string): string {
  if (withoutSecret(url) !== url) {
    const message =
      "the URL has a password or key in it, which everybody on the machine can see: leave it out, and give --aws-credentials FILE";
    throw new DoppelError("cli.usage", message, {});
  }
  const text = urlText(url);
  return /^[a-z0-9+.-]+:/i.test(text) ? text : resolve(cwd, text);
}
