import manifest from "../../package.json" with { type: "json" };
import { INCOMPLETE, SIGNALS } from "../exit-codes.ts";
import { main } from "../main.ts";
import { parseDoppel } from "../parse/doppel.ts";

void main({
  program: "doppel",
  parse: parseDoppel,
  version: `doppel ${manifest.version}`,
  help: async (command, columns) => (await import("../help.ts")).helpText(command, columns),
  texts: "doppel",
  incomplete: INCOMPLETE,
  exits: {},
  signals: SIGNALS,
});
