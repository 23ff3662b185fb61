import { expect, it } from "vitest";
import { COMMANDS, isCommand } from "./commands.ts";
import { BUG, DIFFERENT, DONE, EXIT_CODES, INCOMPLETE, PIPE_CLOSED, SIGNALS } from "./exit-codes.ts";
import { helpText } from "./help.ts";

it("shows an option where it has an effect, not where it is merely taken", async () => {
  expect(await helpText("full", 100)).toContain("--hidden-encrypt-key KEY");
  for (const command of ["restore", "status", "list", "recipe"] as const)
    expect(await helpText(command, 100)).not.toContain("encrypt-key");
});

it("lists every command under its purpose, and fits 80 columns", async () => {
  const overview = await helpText(undefined, 80);
  expect(overview.split("\n").filter((line) => line.length > 80)).toEqual([]);
  for (const name of Object.keys(COMMANDS)) expect(overview).toMatch(new RegExp(`^  ${name} `, "m"));
  expect(overview).toContain("\nTidying\n  remove-older-than TIME URL\n");
});

it("describes every command within 80 columns, with an example of its own", async () => {
  for (const name of Object.keys(COMMANDS).filter(isCommand)) {
    const text = await helpText(name, 80);
    const [, examples = ""] = text.split("\nExamples\n");
    expect(examples, name).toMatch(/^  .*\bdoppel /);
    for (const [line] of COMMANDS[name].examples) expect(text, name).toContain(`\n  ${line}\n`); // never wrapped
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  }
});

it("shows no option that doppel refuses, or takes without effect", async () => {
  for (const name of Object.keys(COMMANDS).filter(isCommand))
    expect(await helpText(name, 100), name).not.toMatch(/--(ssh-options|old-filenames|par2-volumes|asynchronous-upload) /);
});

it("says of --no-encryption what it means to the command", async () => {
  expect(await helpText("full", 100)).toMatch(/--no-encryption +store without encryption/);
  for (const command of ["restore", "status", "replicate"] as const)
    expect(await helpText(command, 100)).toMatch(/--no-encryption +the backup is not encrypted: never ask for a key/);
});

it("documents every exit code", async () => {
  const overview = await helpText(undefined, 80);
  for (const code of [...Object.values(EXIT_CODES), DONE, DIFFERENT, INCOMPLETE, BUG, PIPE_CLOSED, ...Object.values(SIGNALS)])
    expect(overview).toMatch(new RegExp(`(^|  ) *${code}  `, "m"));
});

it("says of --force what it means to the command", async () => {
  expect(await helpText("restore", 100)).toMatch(/--force +restore into a folder/);
  expect(await helpText("cleanup", 100)).toMatch(/Deleting\n(?:.*\n)*? +--force +delete; without it/);
});
