import { isDoppelError } from "@doppel/base";
import { parseProfilesDocument, type Profiles, readProfiles } from "@doppel/monitor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OptionName, OPTIONS, RULES } from "../options.ts";
import { parseDoppel } from "../parse/doppel.ts";
import { tokenise } from "../parse/tokens.ts";
import { mentionsOf, type Written, writeOut } from "./expand.ts";

const YAML = `
version: 1
profiles:
  web1:
    url: s3://bucket/web1
    source: /
    rules:
      - include-filelist: targets.list
      - exclude-other-filesystems
      - exclude: "**"
    options:
      volsize: 50
      s3-region-name: eu-central-1
      allow-source-mismatch: true
      gpg-options: [--homedir /g]
      secret-key: web1.key
      s3-use-ia: true
    encrypt-to: [web1.asc]
  copy: {url: "file:///copy", options: {s3-region-name: us-east-2, file-prefix: x}}
  bad-option: {url: x, options: {volzise: 5}}
  bad-value: {url: x, options: {volsize: large}}
  bad-flag: {url: x, options: {allow-source-mismatch: maybe}}
  rule: {url: x, options: {exclude: x}}
  run: {url: x, options: {force: true}}
  broken: {url: x, nothing: y}
`;
const PROFILES: Profiles = readProfiles(parseProfilesDocument("/p/profiles.yaml", YAML));

function written(line: string | readonly string[], profiles = PROFILES): Written | undefined {
  const args = typeof line === "string" ? line.split(" ") : line;
  const tokens = tokenise(args, { program: "doppel" });
  const mentions = mentionsOf(tokens);
  return mentions && writeOut(args, tokens, mentions, profiles);
}

const line = (typed: string): string => written(typed)!.args.join(" ");
const KEYS = "--encrypt-key=/p/web1.asc";
const PLACE = "--s3-region-name=eu-central-1";
const REST = "--gpg-options=--homedir /g --secret-key=/p/web1.key --s3-use-ia";

describe("a profile on the command line", () => {
  it.each([
    ["status @web1", `${KEYS} ${PLACE} ${REST} status s3://bucket/web1`],
    [
      "full @web1",
      `${KEYS} --volsize=50 ${PLACE} ${REST} full / s3://bucket/web1 --include-filelist=/p/targets.list --exclude-other-filesystems --exclude=**`,
    ],
    [
      "full --exclude /proc @web1 -v5",
      `${KEYS} --volsize=50 ${PLACE} ${REST} full --exclude /proc / s3://bucket/web1 -v5 --include-filelist=/p/targets.list --exclude-other-filesystems --exclude=**`,
    ],
    ["full /home @web1", `${KEYS} --volsize=50 ${PLACE} ${REST} full /home s3://bucket/web1`],
    [
      "full -- @web1",
      `${KEYS} --volsize=50 ${PLACE} ${REST} full --include-filelist=/p/targets.list --exclude-other-filesystems --exclude=** -- / s3://bucket/web1`,
    ],
    [
      "verify @web1",
      `${KEYS} ${PLACE} ${REST} verify s3://bucket/web1 / --include-filelist=/p/targets.list --exclude-other-filesystems --exclude=**`,
    ],
    ["verify @web1 out", `${KEYS} ${PLACE} ${REST} verify s3://bucket/web1 out`],
    ["fetch @web1 @etc out 3D", `${KEYS} ${PLACE} ${REST} fetch s3://bucket/web1 @etc out 3D`],
    ["remove-older-than 6M @web1", `${KEYS} ${PLACE} --s3-use-ia remove-older-than 6M s3://bucket/web1`],
    ["explain /etc @web1", "explain /etc / --include-filelist=/p/targets.list --exclude-other-filesystems --exclude=**"],
    ["@web1 out", `restore ${KEYS} ${PLACE} ${REST} s3://bucket/web1 out`],
    ["home @copy", "backup --s3-region-name=us-east-2 --file-prefix=x home file:///copy"],
    ["status @copy --s3-region-name here", "--file-prefix=x status file:///copy --s3-region-name here"],
  ])("doppel %s", (typed, expected) => expect(line(typed)).toBe(expected));

  it.each([
    ["--no-encryption", KEYS],
    ["--encrypt-key=other.asc", KEYS],
    ["--s3-storage-class=STANDARD", "--s3-use-ia"],
    ["--gpg-options=x", "--homedir"],
    ["--volsize=1", "--volsize=50"],
  ])("%s on the command line puts %s aside", (option, own) => {
    expect(line("full @web1")).toContain(own);
    expect(line(`full ${option} @web1`)).not.toContain(own);
  });

  it("check --without-key puts a profile's --sign-key aside, which nobody typed", () => {
    const signing = readProfiles(
      parseProfilesDocument("/p/profiles.yaml", "version: 1\nprofiles:\n  a: {url: x, options: {sign-key: K}}\n"),
    );
    expect(written("check @a", signing)!.args.join(" ")).toBe("--sign-key=K check /p/x");
    expect(written("check --without-key @a", signing)!.args.join(" ")).toBe("check --without-key /p/x");
  });

  it("gives each of two targets its own options", () => {
    const { args, targets } = written("replicate @web1 @copy")!;
    expect(args.join(" ")).toBe(`${KEYS} ${PLACE} ${REST} replicate s3://bucket/web1 file:///copy`);
    expect(targets.map((target) => target.args.join(" "))).toEqual([
      args.join(" "),
      "--s3-region-name=us-east-2 --file-prefix=x replicate s3://bucket/web1 file:///copy",
    ]);
    expect(written("replicate file:///a @copy")!.args.join(" ")).toBe("replicate file:///a file:///copy");
  });

  it.each([
    "status ./@web1",
    "status file://x --name @web1",
    "restore x @web1",
    "status @web1 --help",
    "monitor check @web1",
    "find @web1 x",
    "status @",
  ])("is not meant by doppel %s", (typed) => expect(written(typed)).toBeUndefined());

  it.each([
    ["status @web2", "did you mean @web1?"],
    ["status @nothing", "It has web1, copy".replace("It", "which")],
    ["status @bad-option", "did you mean volsize?"],
    ["status @bad-value", "/p/profiles.yaml:21: profiles.bad-value.options.volsize: needs a whole number"],
    ["status @bad-flag", "write true"],
    ["status @rule", "goes under rules"],
    ["status @run", "single run"],
    ["status @broken", "profiles.broken.nothing: unknown key"],
    ["full @copy", "does not say what is backed up"],
    ["@web1", "Name the command, as in doppel status @web1"],
  ])("doppel %s is refused", (typed, why) => {
    expect(() => written(typed)).toThrow(expect.objectContaining({ message: expect.stringContaining(why) }));
  });

  it("every rule of the command line may stand in a profile", () => {
    const rules = Object.entries(RULES).map(([name, row]) => ("metavar" in row ? `{${name}: x}` : name));
    const profiles = readProfiles(
      parseProfilesDocument(
        "/p/profiles.yaml",
        `version: 1\nprofiles:\n  a: {url: x, source: /, rules: [${rules.join(", ")}]}\n`,
      ),
    );
    expect(profiles.bad.get("a")).toBeUndefined();
    const request = parseDoppel(written("full @a", profiles)!.args);
    expect(request.kind === "run" && request.run.rules.map(({ rule }) => rule)).toEqual(Object.keys(RULES));
  });
});

describe("any command line", () => {
  const numbers = ["volsize", "compress-level", "max-blocksize", "timeout", "s3-multipart-chunk-size", "num-retries"] as const;
  const flags = ["no-compression", "copy-links", "null-separator", "skip-if-no-change", "allow-source-mismatch"] as const;
  const options = fc.uniqueArray(
    fc.oneof(
      fc.record({ name: fc.constantFrom(...numbers), value: fc.integer({ min: 1, max: 9 }).map(String) }),
      fc.record({ name: fc.constantFrom(...flags), value: fc.constant("true") }),
    ),
    { selector: ({ name }) => name },
  );
  const typed = (given: readonly { readonly name: OptionName; readonly value: string }[]): string[] =>
    given.map(({ name, value }) => ("metavar" in OPTIONS[name] ? `--${name}=${value}` : `--${name}`));

  it("means what it says, and where it is silent what the profile says", () => {
    fc.assert(
      fc.property(options, options, fc.integer({ min: 0, max: 20 }), fc.boolean(), (own, given, seed, dashes) => {
        const yaml = own.map(({ name, value }) => `${name}: ${value}`).join(", ");
        const profiles = readProfiles(
          parseProfilesDocument(
            "/p/p.yaml",
            `version: 1\nprofiles:\n  a: {url: "file:///t", source: /s, rules: [exclude: /s/own], options: {${yaml}}}\n`,
          ),
        );
        const before = typed(given).slice(0, seed % (given.length + 1));
        const after = typed(given).slice(before.length);
        const tail = dashes ? [...after, "--", "@a"] : ["@a", ...after];
        const expanded = written(["backup", "--exclude=/s/line", ...before, ...tail], profiles)!;
        const silent = own.filter(({ name }) => !given.some((other) => other.name === name));
        const longhand = [
          "backup",
          ...typed(given),
          ...typed(silent),
          "--exclude=/s/line",
          "--exclude=/s/own",
          "/s",
          "file:///t",
        ];
        expect(parseDoppel(expanded.args)).toEqual(parseDoppel(longhand));
      }),
    );
  });

  it("without a profile stays as it is, and with one stays a line that can be read", () => {
    const word = fc.constantFrom(
      "status",
      "full",
      "restore",
      "@web1",
      "@copy",
      "x",
      "--",
      "-v5",
      "--exclude=a",
      "profile",
      "import",
      "@",
      "replicate",
      "lock",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        let expanded: Written | undefined;
        try {
          expanded = written(args);
        } catch (error) {
          if (isDoppelError(error, "cli.usage")) return;
          throw error;
        }
        if (expanded === undefined) return;
        expect(args.some((argument) => argument.startsWith("@"))).toBe(true);
        expect(expanded.targets.length).toBeGreaterThan(0);
        const shown = tokenise(expanded.args, { program: "doppel" }).positionals;
        for (const { url } of expanded.targets) expect(shown.includes(url) || shown.includes("/")).toBe(true);
      }),
    );
  });
});
