import { fuzz } from "@doppel/testkit";
import { describe } from "vitest";
import { parseProfilesDocument } from "./document.ts";
import { readProfiles } from "./load.ts";
import { isTimeZone } from "./zone.ts";

const PROFILES = `version: 1
defaults:
  options: { volsize: 200 }
profiles:
  web1:
    url: s3://bucket/web1
    source: /srv
    rules: [{ exclude: "**/cache" }]
    expect:
      schedule: daily 02:30
      time-zone: Europe/Berlin
monitor:
  parallel: 4
`;

const YAML = [
  ..."&a|*a|!!binary |<<: *a|>-|'|\"|{|}|[|]|? |: |- |#|---|~|null|__proto__:|constructor:|hours: 1e999|0x7f".split("|"),
  "|\n",
  "\t",
  "%YAML 1.1\n",
  "\ufeff",
  "\0",
  Buffer.of(0xff),
];

describe("fuzzing", () => {
  fuzz("a profiles file", {
    corpus: ["version: 1\n", "version: 1\nprofiles:\n  a:\n    url: s3://bucket/a\n"],
    words: [...PROFILES.split("\n"), ...YAML],
    read(input) {
      const { byName, bad } = readProfiles(
        parseProfilesDocument("/etc/doppel/profiles.yaml", input.subarray(0, 20_000).toString("utf8")),
      );
      for (const [, error] of bad) if (/[\r\n]/.test(error.message)) throw new Error("a message of two lines", { cause: error });
      if (byName.has("__proto__")) throw new Error("a profile called __proto__");
    },
  });

  fuzz("a time zone", {
    corpus: ["Europe/Berlin", "UTC", "+01:00"],
    words: ["/", "..", "Etc/GMT+"],
    read: (input) => void isTimeZone(input.toString("utf8")),
  });
});
