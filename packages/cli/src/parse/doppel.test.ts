import { DoppelError } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandName } from "../option.ts";
import { type GivenRule, OPTIONS, type OptionName, RULES, type RuleName, type Settings } from "../options.ts";
import { parseDoppel, type Invocation } from "./doppel.ts";

function parse(line: string | readonly string[]): Invocation {
  const request = parseDoppel(typeof line === "string" ? line.split(" ") : line);
  if (request.kind !== "run") throw new Error(`not a command: ${request.kind}`);
  return request.run;
}

describe("command lines", () => {
  const rows: readonly (readonly [line: string, command: CommandName, positionals: string, settings: Partial<Settings>])[] = [
    ["full /src file:///t", "full", "/src file:///t", { volsize: 200, "compress-level": 6, verbosity: 3, "encrypt-key": [] }],
    ["full /src t --volsize 25", "full", "/src t", { volsize: 25 }],
    ["full --volsize=25 /src t", "full", "/src t", { volsize: 25 }],
    ["--volsize 25 full /src t", "full", "/src t", { volsize: 25 }],
    ["full --volsize 1 /src --volsize 2 t", "full", "/src t", { volsize: 2 }],
    ["full --encrypt-key A --encrypt-key=B / t", "full", "/ t", { "encrypt-key": ["A", "B"] }],
    ["full --hidden-encrypt-key A --sign-key S / t", "full", "/ t", { "hidden-encrypt-key": ["A"], "sign-key": "S" }],
    ["full --no-encryption --no-compression / t", "full", "/ t", { "no-encryption": true, "no-compression": true }],
    ["full --compress-level 0 / t", "full", "/ t", { "compress-level": 0 }],
    ["full -v9 / t", "full", "/ t", { verbosity: 9 }],
    ["full -v 0 / t", "full", "/ t", { verbosity: 0 }],
    ["full -v debug / t", "full", "/ t", { verbosity: 9 }],
    ["full -vW / t", "full", "/ t", { verbosity: 2 }],
    ["full --verbosity=INFO / t", "full", "/ t", { verbosity: 5 }],
    ["full --current-time 1700000000 / t", "full", "/ t", { "current-time": 1_700_000_000 }],
    ["full --name -x / t", "full", "/ t", { name: "-x" as never }],
    ["restore --encrypt-key A t o", "restore", "t o", {}],
    ["status --hidden-encrypt-key A t", "status", "t", {}],
    ["list --encrypt-key A t", "list", "t", {}],
    ["recipe --encrypt-key A t", "recipe", "t", {}],
    ["full --sign-key --force / t", "full", "/ t", { "sign-key": "--force" }],
    ["full -- -dir --help", "full", "-dir --help", {}],
    ["full a:b t", "full", "a:b t", {}],
    ["full ./a://b t", "full", "./a://b t", {}],
    ["restore t /out -t3D", "restore", "t /out", { time: "3D", force: false }],
    ["restore t /out -t 3D --force", "restore", "t /out", { time: "3D", force: true }],
    ["restore --restore-time=now t /out", "restore", "t /out", { time: "now" }],
    [
      "restore --numeric-owner --no-restore-ownership t o",
      "restore",
      "t o",
      { "numeric-owner": true, "no-restore-ownership": true },
    ],
    ["restore --do-not-restore-ownership t o", "restore", "t o", { "no-restore-ownership": true }],
    ["restore --secret-key k --passphrase-fd 3 t o", "restore", "t o", { "secret-key": "k" as never, "passphrase-fd": 3 }],
    ["list t --log-format json --file-prefix p-", "list", "t", { "log-format": "json", "file-prefix": "p-" }],
    ["status t", "status", "t", { "log-format": "text" }],
    ["/src file:///t", "backup", "/src file:///t", { "full-if-older-than": undefined }],
    ["--full-if-older-than 1M src file://t", "backup", "src file://t", { "full-if-older-than": "1M" }],
    ["./full file:///t", "backup", "./full file:///t", {}],
    ["a:b s3://b/t", "backup", "a:b s3://b/t", {}],
    ["file:///t /out", "restore", "file:///t /out", { force: false }],
    ["-t 3D file:/t out", "restore", "file:/t out", { time: "3D" }],
    ["backup / t", "backup", "/ t", { "allow-source-mismatch": false }],
    ["status file:///t", "status", "file:///t", {}],
    ["incremental --allow-source-mismatch / t", "incremental", "/ t", { "allow-source-mismatch": true }],
    ["restore -r /a/b/ t o", "restore", "t o", { "path-to-restore": "a/b" as never }],
    ["restore --file-to-restore ./a t o", "restore", "t o", { "path-to-restore": "a" as never }],
    ["restore --path-to-restore=/ t o", "restore", "t o", { "path-to-restore": "" as never }],
    ["verify --compare-data -ra t /d", "verify", "t /d", { "compare-data": true, "path-to-restore": "a" as never }],
    ["verify --exclude /d/x -t 1D t /d", "verify", "t /d", { time: "1D", "compare-data": false }],
    ["list -r a -t now t", "list", "t", { "path-to-restore": "a" as never, time: "now" }],
    ["list --json t", "list", "t", { "log-format": "json" }],
    ["status --show-changes-in-set 0 t", "status", "t", { "show-changes-in-set": 0 }],
    ["status --file-changed /a t", "status", "t", { "file-changed": "a" as never }],
    [
      "restore --rename a b --rename=/c/ d t o",
      "restore",
      "t o",
      {
        rename: [
          ["a", "b"],
          ["c", "d"],
        ] as never,
      },
    ],
    ["full --encrypt-sign-key K / t", "full", "/ t", { "encrypt-key": ["K"], "sign-key": "K" }],
    ["full --gpg-options -z9 --num-retries 2 / t", "full", "/ t", { "gpg-options": ["-z9"], "num-retries": 2 }],
    ["find **.odt t", "find", "**.odt t", {}],
    ["diff t 7D now -r a", "diff", "t 7D now", { "path-to-restore": "a" as never }],
    ["remove-older-than 1M --name x --force t", "remove-older-than", "1M t", { force: true, "dry-run": false }],
    ["remove-all-but-n-full 2 t", "remove-all-but-n-full", "2 t", { force: false }],
    ["remove-all-inc-of-but-n-full --dry-run 1 t", "remove-all-inc-of-but-n-full", "1 t", { "dry-run": true }],
    ["prune t --keep-daily 7 --keep-yearly=2", "prune", "t", { "keep-daily": 7, "keep-weekly": undefined, "keep-yearly": 2 }],
    ["cleanup --force --even-recent t", "cleanup", "t", { force: true, "even-recent": true }],
    ["replicate --since 1Y a b", "replicate", "a b", { since: "1Y" }],
    ["recipe t --gpg-binary gpg2 --use-agent", "recipe", "t", { "gpg-binary": "gpg2" as never, "use-agent": true }],
  ];

  it.each(rows)("%s", (line, command, positionals, settings) => {
    const run = parse(line);
    expect([run.command, run.positionals.join(" ")]).toEqual([command, positionals]);
    expect(run.settings).toMatchObject(settings);
  });

  it("knows duplicity's names for what doppel calls otherwise", () => {
    const commandOf = (...args: string[]) => {
      const request = parseDoppel(args);
      return request.kind === "run" ? request.run.command : request.kind === "help" ? request.command : undefined;
    };
    expect(commandOf("collection-status", "file:///b")).toBe("status");
    expect(commandOf("list-current-files", "-r", "a", "file:///b")).toBe("list");
    expect(commandOf("help", "list-current-files")).toBe("list");
    expect(() => parseDoppel(["colection-status", "file:///b"])).toThrow(/did you mean collection-status/);
  });

  it("takes the name of a file byte for byte", () => {
    expect(parse(["full", "/caf\xe9", "t", "--archive-dir", "\xff"])).toMatchObject({
      positionals: ["/caf\xe9", "t"],
      settings: { "archive-dir": "\xff" },
    });
    expect(parse(["full", "/", "t", "--sign-key", "J\xc3\xb6rg"]).settings["sign-key"]).toBe("Jörg");
  });
});

describe("rules", () => {
  it("keep their order across options of different names, between other options", () => {
    const line =
      "full --include /a --exclude=** --volsize 5 --include-filelist - /a t --exclude-device-files --exclude --include";
    expect(parse(line).rules).toEqual([
      { rule: "include", value: "/a" },
      { rule: "exclude", value: "**" },
      { rule: "include-filelist", value: "-" },
      { rule: "exclude-device-files", value: "" },
      { rule: "exclude", value: "--include" },
    ]);
  });

  it("come out as they went in, whatever their values look like", () => {
    const names = Object.keys(RULES) as RuleName[];
    const rule = fc.record({ rule: fc.constantFrom(...names), value: fc.string(), joined: fc.boolean() });
    fc.assert(
      fc.property(fc.array(rule), (given) => {
        const wanted: GivenRule[] = given.map(({ rule, value }) => ({ rule, value: "metavar" in RULES[rule] ? value : "" }));
        const args = given.flatMap(({ rule, value, joined }) =>
          !("metavar" in RULES[rule]) ? [`--${rule}`] : joined ? [`--${rule}=${value}`] : [`--${rule}`, value],
        );
        expect(parse(["full", ...args, "/", "t"]).rules).toEqual(wanted);
      }),
    );
  });
});

const UNSAID =
  "say what to do: name the command, as in doppel backup SOURCE URL or doppel restore URL TARGET (see doppel --help)";

describe("wrong command lines", () => {
  const rows: readonly (readonly [line: string, message: string])[] = [
    ["ful / t", 'unknown command "ful"; did you mean full? A folder of that name is ./ful (see doppel --help)'],
    ["ful file:///t", 'unknown command "ful"; did you mean full? A folder of that name is ./ful (see doppel --help)'],
    ["stat file:///t", 'unknown command "stat"; did you mean status? A folder of that name is ./stat (see doppel --help)'],
    ["frobnicate", 'unknown command "frobnicate" (see doppel --help)'],
    ["a b c", 'unknown command "a" (see doppel --help)'],
    ["--force", "a command is missing (see doppel --help)"],
    ["file:///t", 'what is to be done with "file:///t"? Name the command, as in doppel status URL (see doppel --help)'],
    ["/src /out", `two paths do not ${UNSAID}`],
    ["file:///a file:///b", `two URLs do not ${UNSAID}`],
    [
      "incremental file:///t /src",
      '"file:///t" is a URL where SOURCE belongs: doppel incremental SOURCE URL (see doppel incremental --help)',
    ],
    ["verify /src file:///t", '"file:///t" is a URL where DIR belongs: doppel verify URL DIR (see doppel verify --help)'],
    ["find file:///t x", '"file:///t" is a URL where PATTERN belongs: doppel find PATTERN URL (see doppel find --help)'],
    ["diff file:///t 1D", "TIME2 is missing: doppel diff URL TIME1 TIME2 (see doppel diff --help)"],
    [
      "remove-older-than file:///t",
      '"file:///t" is a URL where TIME belongs: doppel remove-older-than TIME URL (see doppel remove-older-than --help)',
    ],
    ...["0", "-1", "1.5", "x"].map(
      (n) =>
        [
          `remove-all-but-n-full -- ${n} t`,
          `N needs a whole number of at least 1, not "${n}": doppel remove-all-but-n-full N URL (see doppel remove-all-but-n-full --help)`,
        ] as const,
    ),
    [
      "prune t",
      "prune has to be told what to keep: --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly (see doppel prune --help)",
    ],
    ["prune --keep-daily 0 t", '--keep-daily needs a whole number of at least 1, not "0" (see doppel prune --help)'],
    [
      "status --show-changes-in-set 0 --file-changed a t",
      "--show-changes-in-set and --file-changed exclude each other (see doppel status --help)",
    ],
    [
      "restore --path-to-restore= t o",
      "--path-to-restore needs a path in the backup, and got an empty one; leave it out to get everything (see doppel restore --help)",
    ],
    [
      "full --full-if-older-than 1M / t",
      "--full-if-older-than is for backup, incremental, not for full (see doppel full --help)",
    ],
    [
      "cleanup --secret-key k t",
      "--secret-key is for backup, full, incremental, replicate, restore, fetch, verify, recipe, status, list, find, diff, check, drill, unlock, setup server, runbook, not for cleanup (see doppel cleanup --help)",
    ],
    ["full", "SOURCE is missing: doppel full SOURCE URL (see doppel full --help)"],
    ["full /src", "URL is missing: doppel full SOURCE URL (see doppel full --help)"],
    ["full / t x", '"x" is one argument too many: doppel full SOURCE URL (see doppel full --help)'],
    ["full file:///t /src", '"file:///t" is a URL where SOURCE belongs: doppel full SOURCE URL (see doppel full --help)'],
    ["restore /out s3://b/t", '"s3://b/t" is a URL where TARGET belongs: doppel restore URL TARGET (see doppel restore --help)'],
    ["full --encrpyt-key A / t", "unknown option --encrpyt-key; did you mean --encrypt-key? (see doppel full --help)"],
    ["full --exclude-dev / t", "unknown option --exclude-dev; did you mean --exclude-device-files? (see doppel full --help)"],
    ["full --name ../x / t", '--name must be the name of one folder, not "../x" (see doppel full --help)'],
    ["full --name .. / t", '--name must be the name of one folder, not ".." (see doppel full --help)'],
    ["full --name . / t", '--name must be the name of one folder, not "." (see doppel full --help)'],
    ["full --name= / t", '--name must be the name of one folder, not "" (see doppel full --help)'],
    ["full --qqqqqqqq / t", "unknown option --qqqqqqqq (see doppel full --help)"],
    ["full -\u001b[31m\r / t", "unknown option -\\x1b (see doppel full --help)"],
    ["full -x / t", "unknown option -x (see doppel full --help)"],
    ["full -\r / t", "unknown option -\\x0d (see doppel full --help)"],
    ["full / t --volsize", "--volsize needs a value (see doppel full --help)"],
    ["full --volsize 0 / t", '--volsize needs a whole number of at least 1, not "0" (see doppel full --help)'],
    ["full --volsize 1.5 / t", '--volsize needs a whole number of at least 1, not "1.5" (see doppel full --help)'],
    ["full --volsize= / t", '--volsize needs a whole number of at least 1, not "" (see doppel full --help)'],
    ["full --compress-level 10 / t", '--compress-level needs a whole number from 0 to 9, not "10" (see doppel full --help)'],
    ["full -v 10 / t", '--verbosity must be 0 to 9, error, warning, notice, info or debug, not "10" (see doppel full --help)'],
    ["full --log-format xml / t", '--log-format must be text or json, not "xml" (see doppel full --help)'],
    ["full --no-encryption=yes / t", "--no-encryption takes no value (see doppel full --help)"],
    ["full --time 3D / t", "--time is for restore, verify, list, recipe, not for full (see doppel full --help)"],
    [
      "list --exclude x t",
      "--exclude is for backup, full, incremental, verify, explain, doctor, setup server, not for list (see doppel list --help)",
    ],
    ["full --progress --no-progress / t", "--progress and --no-progress exclude each other (see doppel full --help)"],
    ["full --file-prefix a.b / t", '--file-prefix may hold letters, digits, - and _ only, not "a.b" (see doppel full --help)'],
    ["help frob", 'unknown command "frob" (see doppel --help)'],
  ];

  it.each(rows)("%s", (line, message) => {
    try {
      parse(line);
    } catch (error) {
      expect(error).toBeInstanceOf(DoppelError);
      expect(error).toMatchObject({ code: "cli.usage", message });
      return;
    }
    expect.unreachable();
  });
});

describe("help and version", () => {
  it.each([
    ["", { kind: "help", asked: false }],
    ["--help", { kind: "help", asked: true }],
    ["help", { kind: "help", asked: true }],
    ["full --help", { kind: "help", asked: true, command: "full" }],
    ["restore -h", { kind: "help", asked: true, command: "restore" }],
    ["help list", { kind: "help", asked: true, command: "list" }],
    ["--version", { kind: "version" }],
    ["full -V", { kind: "version" }],
  ])("%s", (line, request) => {
    expect(parseDoppel(line === "" ? [] : line.split(" "))).toEqual(request);
  });
});

describe("the option table", () => {
  it("gives every option a command, and no two the same spelling", () => {
    const spellings = Object.keys(RULES);
    for (const name of Object.keys(OPTIONS) as OptionName[]) {
      const row = OPTIONS[name];
      expect(row.commands.length, name).toBeGreaterThan(0);
      spellings.push(name, ...("aliases" in row ? (row.aliases ?? []) : []));
    }
    expect(new Set(spellings).size).toBe(spellings.length);
  });
});
