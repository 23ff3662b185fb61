import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectDone, expectRefusal, makeBox } from "./box.ts";

/** A command line, started in the box where `source` is a folder and nothing else is; exit code; the one line. */
const TABLE: [string, number, RegExp][] = [
  ["ful source target", 2, /unknown command "ful"; did you mean full\?|unknown command "ful"; use one of full, restore/],
  ["full", 2, /SOURCE is missing: doppel full SOURCE URL/],
  ["full source", 2, /URL is missing: doppel full SOURCE URL/],
  ["full source target more", 2, /more/],
  ["restore target", 2, /TARGET is missing: doppel restore URL TARGET/],
  ["status", 2, /URL is missing: doppel status URL/],
  ["full file:///target source", 2, /"file:\/\/\/target" is a URL where SOURCE belongs: doppel full SOURCE URL/],
  ["restore source file:///target", 2, /"file:\/\/\/target" is a URL where TARGET belongs: doppel restore URL TARGET/],
  ["full --no-encrytpion source target", 2, /unknown option --no-encrytpion; did you mean --no-encryption\?/],
  ["full --volsze=5 source target", 2, /unknown option --volsze; did you mean --volsize\?/],
  ["restore --volsize 5 target restored", 2, /--volsize.*restore/],
  ["full -x source target", 2, /unknown option -x/],
  ["full --no-encryption --volsize 0 source target", 2, /--volsize needs a whole number of at least 1, not "0"/],
  ["full --no-encryption --volsize -5 source target", 2, /--volsize needs/],
  ["full --no-encryption --volsize 1.5 source target", 2, /--volsize needs a whole number.*not "1\.5"/],
  ["full --no-encryption --volsize 99999999999999999999 source target", 2, /--volsize needs/],
  ["full source target --volsize", 2, /--volsize needs/],
  ["full --no-encryption --compress-level 10 source target", 2, /--compress-level.*9/],
  ["full --no-encryption --log-format xml source target", 2, /--log-format.*(text.*json)/],
  ["full --no-encryption -v loud source target", 2, /verbosity.*"loud"/],
  ["full --no-encryption --name ../../x source target", 2, /--name .*"\.\.\/\.\.\/x"/],
  ["status --name .. target", 2, /--name .*"\.\."/],
  ["full --no-encryption=yes source target", 2, /--no-encryption.*no value/],
  ["full --no-encryption --file-prefix a/b source target", 2, /--file-prefix/],
  ["restore --time yesterday target restored", 2, /cannot read "yesterday" as a time; write .*3D/],
  ["restore --time 2026-13-45 target restored", 2, /cannot read "2026-13-45" as a time/],
  [
    "full --no-encryption --include /nowhere source target",
    14,
    /--include: the pattern \/nowhere cannot match anything under source/,
  ],
  ["full --no-encryption --exclude [z-a] source target", 15, /--exclude.*\[z-a\].*malformed/],
  [
    "full --no-encryption --include-regexp ( source target",
    15,
    /--include-regexp: the pattern \( is malformed: unterminated group\n/,
  ],
  [
    "full --no-encryption --include source/one source target",
    16,
    /Last selection expression: --include source\/one .*; add --exclude '\*\*' after it/,
  ],
  [
    "full --no-encryption --include-filelist absent source target",
    7,
    /file list absent cannot be read \(ENOENT\); nothing was backed up/,
  ],
  ["full --no-encryption --include-filelist source source target", 7, /file list source cannot be read \(EISDIR\)/],
  ["full --no-encryption --exclude-older-than never source target", 2, /cannot read "never" as a time/],
  ["full --no-encryption source s9://bucket/x", 23, /: unknown URL scheme "s9": write .*file:\/\//],
  ["full --no-encryption source file://", 23, /"file:\/\/".*names no directory.*file:\/\/\/absolute/],
  ["full --no-encryption source file:relative", 23, /"file:relative".*slash/],
  ["restore s9://bucket/x restored", 23, /[Uu]nknown URL scheme "s9"/],
  ["full --passphrase-file absent source target", 2, /--passphrase-file absent cannot be read \(ENOENT\)/],
  ["full --passphrase-fd 77 source target", 2, /--passphrase-fd 77 cannot be read \(EBADF\)/],
];

describe("a wrong command line: the documented exit code, one line, nothing written", () => {
  it.each(TABLE)("doppel %s", async (line, code, message) => {
    const box = makeBox();
    const [command = "", ...rest] = line.split(" ");
    const archive = code === 2 && rest.length < 2 ? [] : ["--archive-dir", "archive"];
    expectRefusal(await box.doppel([command, ...archive, ...rest]), code, message);
    expect(box.left()).toEqual([]);
    expect(existsSync(box.restored)).toBe(false);
    expect(existsSync(box.target)).toBe(false);
  });

  it("an empty argument is not a folder", async () => {
    const box = makeBox();
    expectRefusal(await box.doppel(["full", "--no-encryption", "", box.target]), 2, /SOURCE/);
    expectRefusal(await box.doppel(["full", "--no-encryption", box.source, ""]), 2, /URL/);
    expect(box.left()).toEqual([]);
  });

  it("a file list with a line that cannot match, and with one that matches nothing", async () => {
    const box = makeBox();
    const list = join(box.path, "list");
    const options = ["--no-encryption", "--include-filelist", list, "--exclude", "**"];
    writeFileSync(list, "/elsewhere/x\n");
    expectRefusal(await box.full(options), 14, /list.*\/elsewhere\/x cannot match anything under/);
    expect(box.left()).toEqual([]);
    writeFileSync(list, `${box.source}/one\n${box.source}/absent\n`);
    const outcome = await box.full(options);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/warning: .*list.*: .*\/source\/absent matches nothing; nothing of it is in this backup\n/);
    expect(outcome.stderr).toMatch(/Backup INCOMPLETE: 1 problem\n/);
    expectDone(await box.restore());
    expect(existsSync(join(box.restored, "one"))).toBe(true);
  });
});
