import { DoppelError } from "@doppel/base";
import type { ServerPlan } from "./plan.ts";

/** Where there is nothing that a restore could use. */
const NEVER = ["/proc", "/sys", "/dev", "/run"];

/**
 * The list of what is backed up: what is left out, the folders, and `- /` for everything else. The first line that matches
 * decides. Folders stand for themselves, whatever characters are in their names.
 */
export function targetsText({ server, folders, excludes }: Pick<ServerPlan, "server" | "folders" | "excludes">): string {
  const lines = [
    `# What is backed up of ${server}; the first line that matches a path decides. Made by doppel setup server.`,
    `# doppel explain PATH @${server} says which line that is.`,
    ...excludes.map((pattern) => `- ${pattern}`),
    ...folders.map((folder) => `+ ${folder.replace(/[*?[]/g, "[$&]")}`),
    "- /",
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * A folder as it stands in the list: absolute, without a slash at its end.
 * @param isThere  for what looks like a pattern: it may be a name
 * @throws cli.usage for what cannot be in the list, or holds nothing to back up
 */
export function checkFolder(given: string, isThere: (folder: string) => boolean): string {
  const folder = given.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
  const refuse = (why: string): DoppelError<"cli.usage"> =>
    new DoppelError("cli.usage", `folder ${JSON.stringify(given)} ${why}`, { option: "--include" });
  if (!folder.startsWith("/")) throw refuse("must be absolute, as in /etc");
  if (folder === "/")
    throw refuse("is everything, with what no backup should hold: name the folders that matter, as in /etc /home /var");
  if (/(^|\/)\.\.?(\/|$)/.test(folder)) throw refuse("must not have . or .. in it");
  if (/[\n\r]/.test(folder))
    throw refuse("has a line break in its name, which the list of targets, a line each, cannot hold: name the folder above it");
  if (folder.trim() !== folder)
    throw refuse("has a blank at the end of its name, which the list of targets cannot hold: name the folder above it");
  if (/[*?[\]]/.test(folder) && !isThere(folder))
    throw refuse("is no plain path: patterns belong into what is left out (--exclude)");
  if (NEVER.some((never) => folder === never || folder.startsWith(`${never}/`)))
    throw refuse("is made by the kernel at every start: there is nothing in it to be restored");
  return folder;
}

/** @throws cli.usage for a pattern that the list cannot hold, or that would leave out everything */
export function checkExclude(pattern: string): string {
  const refuse = (why: string): DoppelError<"cli.usage"> =>
    new DoppelError("cli.usage", `what is left out, "${pattern}", ${why}`, { option: "--exclude" });
  if (/[\n\r]/.test(pattern) || pattern.trim() !== pattern || pattern === "")
    throw refuse("must be one line, without blanks around it");
  if (!/^(?:\/|\*\*)/.test(pattern)) throw refuse("must begin with / or **, as in **/.cache");
  if (/^(?:\/|\*\*|\/\*\*)$/.test(pattern)) throw refuse("would leave out everything");
  return pattern;
}
