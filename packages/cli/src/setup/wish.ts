import { accessSync, constants, existsSync, statSync } from "node:fs";
import { type BytePath, displayPath, DoppelError, pathFromText } from "@doppel/base";
import { checkExclude, checkFolder, SERVER_NAME, type Timing } from "@doppel/setup";
import { minuteOfDay } from "../option.ts";
import type { GivenRule } from "../options.ts";
import type { Answers } from "./answers.ts";
import type { Questions } from "./questions.ts";

/** What shall be backed up, when, and under which name. */
export interface Wish {
  readonly server: string;
  readonly folders: readonly string[];
  readonly excludes: readonly string[];
  readonly fullEveryDays: number;
  readonly timing: Timing;
}

const HOUR = 3600;
const AT = "03:30";

/**
 * A folder that is not there would be backed up every night with success.
 * @throws cli.usage that names all such folders
 */
export function checkFoldersAreThere({ folders }: Pick<Wish, "folders">): void {
  const missing = folders.filter((folder) => !existsSync(folder));
  if (missing.length === 0) return;
  const message = `not there: ${missing.join(", ")}: name the folders that this server has (or write the files only, with --no-first-backup)`;
  throw new DoppelError("cli.usage", message, { option: "--include" });
}

/** @throws cli.usage when the program that is to run every night cannot */
export function checkProgram(program: string): void {
  try {
    accessSync(program, constants.X_OK);
    if (statSync(program).isFile()) return;
  } catch {
    // As for what is no file.
  }
  throw new DoppelError(
    "cli.usage",
    `--program ${program} cannot be run on this machine: name the doppel that runs every night`,
    {
      option: "--program",
    },
  );
}

/**
 * Asks for everything of it that was not answered.
 * @returns undefined where something is missing, which `questions` knows
 * @throws cli.usage
 */
export async function askForWish(url: string, { settings, rules }: Answers, questions: Questions): Promise<Wish | undefined> {
  const other = rules.find(({ rule }) => rule !== "include" && rule !== "exclude");
  if (other !== undefined) {
    const message = `--${other.rule} is not for setup server: name folders with --include, and what is left out of them with --exclude`;
    throw new DoppelError("cli.usage", message, { option: `--${other.rule}` });
  }
  const values = (rule: "include" | "exclude"): readonly string[] =>
    rules.flatMap((each) => (each.rule === rule ? [textOfRule(each)] : []));
  const given = {
    folders: values("include").map((folder) => checkFolder(folder, existsSync)),
    excludes: values("exclude").map(checkExclude),
  };

  const fromUrl = /([^/]+)\/*$/.exec(url.replace(/^[a-z0-9+.-]+:\/\/[^/]*/i, ""))?.[1] ?? "";
  const isName = SERVER_NAME.test(fromUrl);
  const server = await questions.answer("--server", settings.server === undefined ? undefined : checkServer(settings.server), {
    text: "What is this server called",
    ...(isName && { suggestion: fromUrl, otherwise: fromUrl }),
    parse: checkServer,
  });
  const usual = ["/etc", "/home", "/root", "/srv", "/var"].filter((folder) => existsSync(folder)).join(" ");
  const folders = await questions.answer("--include", given.folders.length > 0 ? given.folders : undefined, {
    text: "Folders to back up, apart by blanks",
    suggestion: usual,
    parse: (typed) => listOf(typed).map((folder) => checkFolder(folder, existsSync)),
  });
  const asked = given.excludes.length > 0 || given.folders.length > 0 ? given.excludes : undefined;
  const excludes = await questions.answer("--exclude", asked, {
    text: "What to leave out of them, apart by blanks (- for nothing)",
    suggestion: "/var/cache /var/tmp",
    otherwise: [],
    parse: (typed) => (typed === "-" ? [] : listOf(typed).map(checkExclude)),
  });
  const fullEveryDays = await questions.answer("--full-every", settings["full-every"], {
    text: "Days from one full backup to the next, with increments between them (1: all are full ones)",
    suggestion: "1",
    otherwise: 1,
    parse: days,
  });
  const timing = await askForTiming(settings, questions);
  if (server === undefined || folders === undefined) return undefined;
  return { server, folders, excludes: excludes!, fullEveryDays: fullEveryDays!, timing };
}

async function askForTiming(settings: Answers["settings"], questions: Questions): Promise<Timing> {
  const { at, scheduler } = settings;
  const [delay, onFailure] = [settings["random-delay"], settings["on-failure"]];
  if (scheduler === "cron") {
    const idle = Object.entries({ at, "random-delay": delay, "on-failure": onFailure }).find(([, value]) => value !== undefined);
    if (idle === undefined) return { scheduler };
    const message = `--${idle[0]} is systemd's: the time of /etc/cron.daily is set in /etc/crontab or /etc/anacrontab; leave it out`;
    throw new DoppelError("cli.usage", message, { option: `--${idle[0]}` });
  }
  if (onFailure !== undefined && !/^[A-Za-z0-9:_.@\\-]+\.[a-z]+$/.test(onFailure))
    throw new DoppelError("cli.usage", `--on-failure needs the name of a unit such as mail-admin.service, not "${onFailure}"`, {
      option: "--on-failure",
    });
  const minute = await questions.answer("--at", at, {
    text: "When, by the clock of this server",
    suggestion: AT,
    otherwise: minuteOfDay(AT),
    parse: minuteOfDay,
  });
  return {
    scheduler,
    minuteOfDay: minute!,
    delay: `${delay ?? HOUR}s`,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...(onFailure !== undefined && { onFailure }),
  };
}

/** The list of targets is text. */
function textOfRule({ rule, value }: GivenRule): string {
  const text = displayPath(value as BytePath);
  if (pathFromText(text) === value) return text;
  throw new DoppelError("cli.usage", `--${rule} ${text} is not UTF-8, which the list of targets is: use a pattern (?) for it`, {
    option: `--${rule}`,
  });
}

function checkServer(name: string): string {
  if (SERVER_NAME.test(name)) return name;
  const message = `a server's name has letters, digits, dots, dashes and underscores, and begins with a letter or digit; not "${name}"`;
  throw new DoppelError("cli.usage", message, { option: "--server" });
}

function listOf(typed: string): readonly string[] {
  const words = typed.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) throw new DoppelError("cli.usage", "at least one is needed", {});
  return words;
}

function days(typed: string): number {
  if (/^[1-9]\d{0,3}$/.test(typed)) return Number(typed);
  throw new DoppelError("cli.usage", `a number of days, not "${typed}"`, { option: "--full-every" });
}
