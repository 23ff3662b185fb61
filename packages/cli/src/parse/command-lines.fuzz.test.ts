import { fuzz } from "@doppel/testkit";
import { describe } from "vitest";
import { parseDuplyConf } from "../profiles/duply-conf.ts";
import { parseDoppel } from "./doppel.ts";
import { parseDuplicity } from "./duplicity.ts";
import { OPTIONS } from "../options.ts";

const NAMES = Object.keys(OPTIONS).map((name) => `--${name}`);

describe("fuzzing", () => {
  fuzz("a command line of doppel", {
    corpus: [
      "full\n--volsize\n25\n/src\nfile:///t",
      "restore\n--time=3D\nfile:///t\n/out",
      "cleanup\n--force\nt",
      "help\nrestore",
    ],
    words: [...NAMES, "\n--", "=", "\n-", "-v9", "\n\n", "@name", "remove-older-than", "3D", "1e99"],
    read: (input) => void parseDoppel(input.subarray(0, 4000).toString("latin1").split("\n")),
  });

  fuzz("a command line of duplicity", {
    corpus: [
      "full\n--volsize\n25\n/src\nfile:///t",
      "restore\n-t\n3D\nfile:///t\n/out",
      "/src\nfile:///t",
      "remove-all-but-n-full\n2\n--force\nfile:///t",
    ],
    words: [...NAMES, "\n--", "=", "\n-", "-v9", "\n\n", "--vol", "--s3-", "inc", "3D", "1e99"],
    read: (input) => void parseDuplicity(input.subarray(0, 4000).toString("latin1").split("\n"), {}),
  });

  fuzz("a conf of duply", {
    corpus: [
      'GPG_KEY=\'abc\'\nTARGET="file:///x/$HOME"\n# x\nDUPL_PARAMS="$DUPL_PARAMS --volsize $VOLSIZE "\n',
      "if [ x ]; then\n A=1\nfi\nf() {\n}\n",
    ],
    words: ["'", '"', "$", "${", "}", "`", "$(", ")", "\\\n", "=", ";", "if", "fi", "done", "case", "esac", "<<EOF\n"],
    read: (input) => void parseDuplyConf(input.subarray(0, 20_000).toString("utf8"), { HOME: "/home/x" }),
  });
});
