import { fuzz } from "@doppel/testkit";
import { describe } from "vitest";
import { parseClaim } from "./claim.ts";
import { parseJournal } from "./journal.ts";

const head = { doppel: 1, kind: "full", start: 1.7e12, end: 1.7e12, hostname: "h", localDir: "/l", job: "x" };
const volume = { number: 1, start: { path: "" }, end: { path: "a" }, hashes: { SHA1: "0".repeat(40) }, size: 5 };
const text = [head, volume, { ...volume, number: 2 }, { complete: 7 }].map((row) => `${JSON.stringify(row)}\n`).join("");

describe("fuzzing", () => {
  fuzz("the journal of a run", {
    corpus: [text],
    words: ['{"number":4294967295,', "[", "]", "{", "}", '"', "null", "1e999", '"__proto__":', "\n"],
    read(input) {
      const journal = parseJournal(input);
      if (journal === undefined) return;
      const { head, volumes } = journal;
      if (Number.isNaN(head.set.start.getTime()) || Number.isNaN(head.set.end.getTime())) throw new Error("a set of no time");
      if (volumes.some((one, index) => one?.number !== index + 1)) throw new Error("volumes with a gap");
    },
  });

  fuzz("the claim of a run", {
    corpus: ["1 host kernel pid%3A1 2 3"],
    words: ["%", "%zz", " ", "/"],
    read: (input) => void parseClaim(input.toString("utf8")),
  });
});
