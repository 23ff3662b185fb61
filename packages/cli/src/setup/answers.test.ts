import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import { tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { parseDoppel } from "../parse/doppel.ts";
import { type Answers, withAnswersFile } from "./answers.ts";

function answers(text: string, ...line: readonly string[]): Answers {
  const file = join(tempDir(), "answers.yaml");
  writeFileSync(file, text);
  const request = parseDoppel(["setup", "server", "s3://bucket/web1", ...line]);
  if (request.kind !== "run") throw new Error("no command");
  return withAnswersFile(pathFromText(file), request.run);
}

it("answers are options by their names, and the command line wins", () => {
  const text = `# of web1
at: 04:15
full-every: 7
random-delay: 30m
include: [/etc, /home]
exclude: "**/.cache"
s3-region-name: eu-central-1
make-key-here: false
scheduler: systemd
`;
  const { settings, rules } = answers(text, "--at", "05:00", "--s3-endpoint-url", "http://localhost:1");
  expect(settings).toMatchObject({
    at: 300,
    "full-every": 7,
    "random-delay": 1800,
    "s3-region-name": "eu-central-1",
    "s3-endpoint-url": "http://localhost:1",
    "make-key-here": false,
  });
  expect(rules.map(({ rule, value }) => `${rule} ${value}`)).toEqual(["include /etc", "include /home", "exclude **/.cache"]);
  expect(answers(text, "--include", "/srv").rules.map(({ value }) => value)).toEqual(["/srv"]);
  expect(answers("").rules).toEqual([]);
});

it("files are named from the folder of the answers, as in a profile", () => {
  const { settings } = answers("public-key: keys/web1.asc\naws-credentials: none\nsecret-key: /root/web1.asc\n");
  expect(settings["public-key"]).toMatch(/^\/.*\/keys\/web1\.asc$/);
  expect(settings).toMatchObject({ "aws-credentials": "none", "secret-key": "/root/web1.asc" });
  expect(answers("public-key: keys/web1.asc", "--public-key", "web1.asc").settings["public-key"]).toBe("web1.asc");
});

it.each([
  ["att: 04:15", /answers\.yaml:1: att: there is no such question; did you mean at\?/],
  ["at: 4", /answers\.yaml:1: at: needs a time of the day/],
  ["\nat: [04:15, 05:15]", /answers\.yaml:2: at: has one value/],
  ["make-key-here: maybe", /true or false/],
  ["include: {a: b}", /must be a value, or a list/],
  ["keep-daily: 3", /no such question/],
  ["passphrase-file: p", /belongs on the command line/],
  ["answers: other.yaml", /no such question/],
  ["- at", /answers\.yaml:1: must have lines such as/],
  ["at: 04:15\ninclude: [/etc, relative]", /answers\.yaml:2: include: folder "relative" must be absolute/],
  ["exclude: cache", /answers\.yaml:1: exclude: .* must begin with/],
  ["at: '04:15", /answers\.yaml:1/],
])("a bad answer is named with its line: %s", (text, message) => {
  expect(() => answers(text)).toThrow(message);
});
