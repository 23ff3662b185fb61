import { expect, it } from "vitest";
import { COMMANDS, isCommand } from "./commands.ts";
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
    expect(
      text
        .replace(/\nExamples\n.*/s, "")
        .split("\n")
        .filter((line) => line.length > 80),
    ).toEqual([]);
  }
});

it("says of --force what it means to the command", async () => {
  expect(await helpText("restore", 100)).toMatch(/--force +restore into a folder/);
  expect(await helpText("cleanup", 100)).toMatch(/Deleting\n(?:.*\n)*? +--force +delete; without it/);
});
