import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { tokenise } from "../parse/tokens.ts";
import { withOnlySource } from "./only-source.ts";

const SERVER = "  web1: {url: 'file:///t', source: /}\n";
const COPY = "  copy: {url: 'file:///copy'}\n";

/** @param profiles  undefined: there is no file */
async function completed(line: string, profiles?: string): Promise<string> {
  using dir = openTempDir();
  const file = join(dir.path, "profiles.yaml");
  if (profiles !== undefined) writeFileSync(file, `version: 1\nprofiles:\n${profiles}`, { mode: 0o600 });
  const args = line.split(" ");
  const where = { variables: { DOPPEL_PROFILES: file }, cwd: dir.path };
  return (await withOnlySource(args, tokenise(args, { program: "doppel" }), where)).join(" ");
}

it("explain PATH is about the only profile that has a source", async () => {
  expect(await completed("explain --json /etc -v5", SERVER + COPY)).toBe("explain --json /etc @web1 -v5");
  expect(await completed("explain -- /etc", SERVER)).toBe("explain -- /etc @web1");
  const both = SERVER + SERVER.replace("web1", "web2");
  await expect(completed("explain /etc", both)).rejects.toMatchObject({
    code: "cli.usage",
    message: expect.stringContaining("@web1, @web2"),
  });
});

it.each([
  ["explain /etc", undefined],
  ["explain /etc", COPY],
  ["explain /etc /", SERVER],
  ["explain", SERVER],
  ["explain --help /etc", SERVER],
  ["status explain", SERVER],
])("%s stays as it is with %j", async (line, profiles) => {
  expect(await completed(line, profiles)).toBe(line);
});

it("a profiles file that was named has to be there", async () => {
  await expect(completed("explain --profiles /nonexistent/p.yaml /etc")).rejects.toMatchObject({ code: "profiles.bad" });
});
