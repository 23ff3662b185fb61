import manifest from "../../package.json" with { type: "json" };
import { DONE, SIGNALS } from "../exit-codes.ts";
import { main } from "../main.ts";
import { parseDuplicity } from "../parse/duplicity.ts";

void main({
  program: "duplicity",
  parse: parseDuplicity,
  // Front ends compare the second field with what they need (cli spec 1, D1).
  version: `duplicity 3.0.4 (doppel ${manifest.version})`,
  help: async () =>
    "duplicity [full | incremental | backup] [OPTIONS] SOURCE URL\n" +
    "duplicity [restore] [OPTIONS] URL TARGET\nduplicity verify [OPTIONS] URL DIR\n\n" +
    "This is doppel in the place of duplicity, so far with these commands; `doppel help full`,\n" +
    "`doppel help restore` and `doppel help verify` tell their options.\n",
  texts: "duplicity-3",
  incomplete: DONE, // as stock: unreadable files are told, and counted in the statistics
  exits: { "cli.usage": 23 }, // cli spec 1, D3
  signals: { ...SIGNALS, SIGINT: 4 }, // cli spec 5
});
