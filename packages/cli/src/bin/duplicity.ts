import manifest from "../../package.json" with { type: "json" };
import { DONE, SIGNALS } from "../exit-codes.ts";
import { main } from "../main.ts";
import { parseDuplicity } from "../parse/duplicity.ts";

await main({
  program: "duplicity",
  parse: parseDuplicity,
  // Front ends compare the second field with what they need (cli spec 1, D1).
  version: `duplicity 3.0.4 (doppel ${manifest.version})`,
  help: async () =>
    "duplicity full [OPTIONS] SOURCE URL\nduplicity restore [OPTIONS] URL TARGET\n\n" +
    "This is doppel in the place of duplicity, so far with these two commands; `doppel help full` and\n" +
    "`doppel help restore` tell their options.\n",
  incomplete: DONE, // as stock: unreadable files are told, and counted in the statistics
  exits: { "cli.usage": 23 }, // cli spec 1, D3
  signals: { ...SIGNALS, SIGINT: 4 }, // cli spec 5
});
