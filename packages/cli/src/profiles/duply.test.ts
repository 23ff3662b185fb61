import { parseProfilesDocument, readProfiles } from "@doppel/monitor";
import { describe, expect, it } from "vitest";
import { parseDuplyConf, shellWords } from "./duply-conf.ts";
import { importDuply, yamlOf } from "./duply-profile.ts";

const ENV = { HOME: "/home/ada" };
const values = (conf: string): Record<string, string> => Object.fromEntries(parseDuplyConf(conf, ENV).values);

describe("a conf of duply", () => {
  it("is read as the shell reads assignments", () => {
    const conf = [
      "# comment",
      "A=plain  # comment",
      'B=\'single $A \\\' C="two \\"words\\" $A ${B}\\$"',
      "D=a'b'\"c\"\\ d; export E=x",
      'F="two',
      'lines"',
      "G=~/x",
      "H=$HOME/y",
      'DUPL_PARAMS="$DUPL_PARAMS --volsize $V"',
      "V=50",
      'DUPL_PARAMS="$DUPL_PARAMS --volsize $V "',
      "DUPL_PARAMS+=--progress",
    ].join("\n");
    expect(values(conf)).toEqual({
      A: "plain",
      B: "single $A \\",
      C: 'two "words" plain single $A \\$',
      D: "ab" + "c d",
      E: "x",
      F: "two\nlines",
      G: "/home/ada/x",
      H: "/home/ada/y",
      V: "50",
      DUPL_PARAMS: " --volsize 50 --progress",
    });
    expect(parseDuplyConf(conf, ENV).notUnderstood).toEqual([9]);
  });

  it("is never run, and tells what it is that would have been", () => {
    const conf = [
      "A=$(rm -rf /)",
      "B=`id`",
      "source other",
      "if true; then",
      "  C=1",
      "fi",
      "D=1 command",
      "E=(a b)",
      "F=ok",
      "f() {",
      "G=1",
      "}",
      "H=${X:-1}",
      'I="open',
    ].join("\n");
    const read = parseDuplyConf(conf, ENV);
    expect(Object.fromEntries(read.values)).toEqual({ F: "ok" });
    expect(read.notUnderstood).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14]);
  });

  it("has parameters in words", () => {
    expect(shellWords(" --a 'b c' \"d\" --e=f\\ g ")).toEqual(["--a", "b c", "d", "--e=f g"]);
    expect(shellWords("--a $(id)")).toBeUndefined();
  });
});

describe("an imported profile", () => {
  const conf = `
GPG_KEY='0123456789ABCDEF'
GPG_PW='geheim'
GPG_OPTS='--pinentry-mode loopback --compress-algo=bzip2'
TARGET='boto3+s3://user:geheim@bucket/web 1'
TARGET_USER='AKIA'
TARGET_PASS='geheim'
export AWS_SECRET_ACCESS_KEY=geheim
SOURCE='/'
MAX_AGE=6M
MAX_FULLBKP_AGE=1M
VOLSIZE=50
DUPL_PARAMS="$DUPL_PARAMS --full-if-older-than $MAX_FULLBKP_AGE --volsize $VOLSIZE --exclude-if-present '.no bkp' --exclude=/tmp --exclude-other-filesystems"
DUPL_PARAMS="$DUPL_PARAMS --frobnicate 7 --s3-use-ia --asynchronous-upload --force"
eval something
`;

  it("says the same, in YAML that can be read, without anything secret", () => {
    const imported = importDuply("web1", parseDuplyConf(conf, ENV), "/root/.duply/web1", ["exclude", "pre"]);
    const yaml = yamlOf("web1", imported, "  ");
    expect(yaml).not.toContain("geheim");
    expect(yaml).not.toContain("AKIA");
    const profile = readProfiles(parseProfilesDocument("/p/profiles.yaml", `version: 1\nprofiles:\n${yaml}`)).byName.get("web1");
    expect(profile).toMatchObject({
      url: "boto3+s3://bucket/web 1",
      source: "/",
      rules: [
        ["exclude-if-present", ".no bkp"],
        ["exclude", "/tmp"],
        ["exclude-other-filesystems"],
        ["exclude-filelist", "/root/.duply/web1/exclude"],
      ],
      encryptTo: ["0123456789ABCDEF"],
      options: {
        "full-if-older-than": "1M",
        volsize: "50",
        "s3-use-ia": true,
        name: "duply_web1",
        "gpg-options": ["--compress-algo=bzip2"],
      },
    });
    expect(imported.incomplete).toBe(true);
    const notes = imported.notes.join("\n");
    for (const said of [
      /GPG_PW is not copied/,
      /credentials: \{file: web1.env\}/,
      /remove-older-than 6M --force @web1/,
      /--frobnicate of/,
      /--force of/,
      /duply\/web1\/pre is left out/,
      /conf:15 is left out/,
    ])
      expect(notes).toMatch(said);
  });

  it("may be all but empty, symmetric or without encryption", () => {
    const plain = importDuply(
      "a",
      parseDuplyConf("GPG_KEY=disabled\nGPG_PW=idle\nTARGET=file:///b\nARCH_DIR=/arch\n", ENV),
      "/d",
      [],
    );
    expect(yamlOf("a", plain, "  ")).toBe(
      '  a:\n    url: "file:///b"\n    options:\n      no-encryption: "true"\n      archive-dir: /arch\n      name: a\n'
        .replace('"true"', "true")
        .replace('"file:///b"', "file:///b"),
    );
    expect(plain.incomplete).toBe(false);
    expect(importDuply("a", parseDuplyConf("", ENV), "/d", []).incomplete).toBe(true);
    for (const conf of ["", "TARGET=scp://host/b\n"]) {
      const none = importDuply("a", parseDuplyConf(conf, ENV), "/d", []);
      expect([none.isUsable, none.incomplete, none.keys.has("url")]).toEqual([false, true, false]);
      expect(yamlOf("a", none, "  ")).toContain("url has to be written by hand");
    }
    const words = importDuply("a", parseDuplyConf("TARGET=/b\nDUPL_PARAMS='--volsize 5 stray'\n", ENV), "/d", []);
    expect([words.incomplete, words.notes]).toEqual([true, ["stray of DUPL_PARAMS is left out: it belongs to no option"]]);
  });
});
