import { isDoppelError } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandName } from "../option.ts";
import type { Settings } from "../options.ts";
import type { Invocation } from "./doppel.ts";
import { parseDuplicity } from "./duplicity.ts";

const HOME = { HOME: "/home/ada", LISTS: "/l", UMLAUT: "ü" };

function parse(line: string | readonly string[]): Invocation {
  const request = parseDuplicity(typeof line === "string" ? line.split(" ").filter(Boolean) : line, HOME);
  if (request.kind !== "run") throw new Error(`not a command: ${request.kind}`);
  return request.run;
}

function messageOf(line: string): string {
  try {
    parse(line);
  } catch (error) {
    if (isDoppelError(error, "cli.usage")) return error.message;
    throw error;
  }
  return expect.unreachable();
}

describe("the command", () => {
  it.each<[string, CommandName, string]>([
    ["full /src file:///t", "full", "/src file:///t"],
    ["fb /src file:///t", "full", "/src file:///t"],
    ["f /src file:///t", "full", "/src file:///t"],
    ["inc --no-encryption /src file:///t", "incremental", "/src file:///t"],
    ["incr /src file:///t", "incremental", "/src file:///t"],
    ["i /src file:///t", "incremental", "/src file:///t"],
    ["bu /src file:///t", "backup", "/src file:///t"],
    ["/src file:///t", "backup", "/src file:///t"],
    ["./full file:///t", "backup", "./full file:///t"],
    ["a:b file:///t", "backup", "a:b file:///t"],
    ["file:///t /out -t3D -r a", "restore", "file:///t /out"],
    ["file:/t /out", "restore", "file:/t /out"],
    ["rb file:///t /out", "restore", "file:///t /out"],
    ["rest file:///t /out", "restore", "file:///t /out"],
    ["verify --compare-data file:///t /d", "verify", "file:///t /d"],
    ["coll file:///t", "status", "file:///t"],
    ["st file:///t", "status", "file:///t"],
    ["list file:///t", "list", "file:///t"],
    ["ls file:///t", "list", "file:///t"],
    ["remove-older-than 1M --name x --force file:///t", "remove-older-than", "1M file:///t"],
    ["--force ro 1M file:///t", "remove-older-than", "1M file:///t"],
    ["remove-all-but-n-full 2 file:///t", "remove-all-but-n-full", "2 file:///t"],
    ["ri 2 file:///t", "remove-all-inc-of-but-n-full", "2 file:///t"],
    ["cleanup file:///t", "cleanup", "file:///t"],
    ["replicate file:///t file:///u", "replicate", "file:///t file:///u"],
    ["full -- -src file:///t", "full", "-src file:///t"],
  ])("%s", (line, command, positionals) => {
    expect(parse(line)).toMatchObject({ command, positionals: positionals.split(" ") });
  });

  it.each([
    ["", "expected a command and its arguments, or SOURCE URL or URL TARGET; got none"],
    ["constructor", 'unknown command "constructor", and without one there have to be two arguments, not 1'],
    ["stat file:///t x", 'unknown command "stat", and without one there have to be two arguments, not 3'],
    ["/src /out", "two paths do not say what to do"],
    ["c file:///t", 'command "c" is ambiguous: collection-status, cleanup; a folder of that name is ./c'],
    ["re file:///t /o", 'command "re" is ambiguous: restore, remove-older-than'],
    ["restore /out file:///t", '"/out" is no URL, which belongs there: duplicity restore URL TARGET'],
    ["full file:///t /src", '"file:///t" is a URL where SOURCE belongs'],
    ["ful file:///t", '"file:///t" is a URL where SOURCE belongs'],
    ["full /src", "URL is missing"],
    ["collection-status /t", '"/t" is no URL, which belongs there: duplicity status URL; a folder is file:///t'],
    ["cleanup file:///t file:///u", '"file:///u" is one argument too many'],
    ["remove-all-but-n-full 0 file:///t", 'N needs a whole number of at least 1, not "0"'],
    ["remove-all-but-n-full x file:///t", 'N needs a whole number of at least 1, not "x"'],
  ])("%s: refused", (line, message) => expect(messageOf(line)).toContain(message));
});

describe("options", () => {
  it.each<[string, Partial<Settings>]>([
    ["-v9", { verbosity: 9 }],
    ["-t3D", { time: "3D" }],
    ["-t 3D", { time: "3D" }],
    ["--restore-time 3D", { time: "3D" }],
    ["--time=3D", { time: "3D" }],
    ["--volsize 5 --volsize 6", { volsize: 6 }],
    ["--sign-key --force", { "sign-key": "--force", force: false }],
    ["--encrypt-sign-key K --encrypt-key L", { "encrypt-key": ["K", "L"], "sign-key": "K" }],
    ["--no-encryption --encrypt-key K --sign-key K", { "encrypt-key": [], "sign-key": undefined }],
    ["--ignore-errors", { "keep-going": true }],
    ["--do-not-restore-ownership", { "no-restore-ownership": true }],
    ["--file-to-restore /a/b/", { "path-to-restore": "a/b" as never }],
    [
      "--rename a b --rename=c d",
      {
        rename: [
          ["a", "b"],
          ["c", "d"],
        ] as never,
      },
    ],
    ["--max-blocksize 16", { "max-blocksize": 512 }],
    ["--no-encrypt --no-compress", { "no-encryption": true, "no-compression": true }],
    ["--num-ret 2 --backend-ret 7", { "num-retries": 2, "backend-retry-delay": 7 }],
    ["--verb 5 --allow", { verbosity: 5, "allow-source-mismatch": true }],
    ["--d", { "dry-run": true }],
  ])("%s", (line, settings) => {
    expect(parse(`${line} verify file:///t /d`).settings).toMatchObject(settings);
  });

  it("may stand beside every command", () => {
    const all =
      "--volsize 5 --full-if-older-than 1M --asynchronous-upload --encrypt-key K --gpg-options=-z9 --exclude x -r a --even-recent";
    for (const line of ["cleanup file:///t", "collection-status file:///t", "restore file:///t /o", "full /s file:///t"])
      expect(parse(`${all} ${line}`).rules).toEqual([{ rule: "exclude", value: "x" }]);
  });

  it("by old names are the rules that they were, and a remark tells", () => {
    const run = parse("--include-globbing-filelist a --exclude-filelist-stdin --s3-european-buckets --ssh-o x /s file:///t");
    expect(run.rules).toEqual([
      { rule: "include-filelist", value: "a" },
      { rule: "exclude-filelist", value: "/dev/stdin" },
    ]);
    expect(run.remarks).toEqual([
      "--include-globbing-filelist is an old name for --include-filelist",
      "--exclude-filelist-stdin is an old name for --exclude-filelist",
      "--s3-european-buckets is accepted, without effect",
      "--ssh-options is accepted, without effect",
    ]);
  });

  it.each([
    ["--encrpyt-key A", "unknown option --encrpyt-key; did you mean --encrypt-key?"],
    ["--par2 9", "--par2 is ambiguous: --par2-options, --par2-redundancy, --par2-volumes"],
    ["--ver", "--ver is ambiguous: --verbosity, --version"],
    ["-x", "unknown option -x"],
    ["--no-encryption=yes", "--no-encryption takes no value"],
    ["--volsize 1.5", '--volsize needs a whole number of at least 1, not "1.5"'],
    ["--metadata-sync-mode some", '--metadata-sync-mode must be partial or full, not "some"'],
    ["--time-separator -", "--time-separator cannot be -"],
    ["--gio", "--gio is not supported"],
  ])("%s: refused", (line, message) => expect(messageOf(`${line} /s file:///t`)).toContain(message));

  it("that would write other names than asked for are refused for backups", () => {
    for (const line of ["--old-filenames /s file:///t", "--short-filenames full /s file:///t", "--time-separator _ /s file:///t"])
      expect(() => parse(line), line).toThrow(expect.objectContaining({ code: "cli.unsupported" }));
    expect(parse("--old-filenames --short-filenames restore file:///t /o").command).toBe("restore");
  });

  it("want their last value", () => {
    for (const args of [
      ["/s", "file:///t", "--name"],
      ["/s", "file:///t", "--rename", "a"],
    ])
      expect(() => parse(args)).toThrow(expect.objectContaining({ code: "cli.usage" }));
  });
});

describe("names of files", () => {
  it.each([
    ["~/a", "/home/ada/a"],
    ["~", "/home/ada"],
    ["$LISTS/a", "/l/a"],
    ["${LISTS}a", "/la"],
    ["$NOT_SET/a", "$NOT_SET/a"],
    ["~root", "~root"],
    ["a~/$", "a~/$"],
    ["$UMLAUT", "\xc3\xbc"],
  ])("%s is %s", (given, wanted) => {
    const run = parse(["--archive-dir", given, "--exclude-filelist", given, "--exclude", given, given, "file:///~/$LISTS"]);
    expect(run.settings["archive-dir"]).toBe(wanted);
    expect(run.rules).toEqual([
      { rule: "exclude-filelist", value: wanted },
      { rule: "exclude", value: given },
    ]);
    expect(run.positionals).toEqual([wanted, "file:///~/$LISTS"]);
  });
});

describe("any arguments", () => {
  const word = fc.constantFrom(
    "full",
    "re",
    "--name",
    "--exclude",
    "-t",
    "-v",
    "--",
    "--rename",
    "a",
    "/s",
    "file:///t",
    "",
    "--d",
    "-",
    "--=x",
  );
  it("are read or refused, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string())), (args) => {
        try {
          parseDuplicity(args, HOME);
        } catch (error) {
          expect(isDoppelError(error, "cli.usage") || isDoppelError(error, "cli.unsupported"), String(error)).toBe(true);
        }
      }),
    );
  });
});
