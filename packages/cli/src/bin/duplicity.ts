import manifest from "../../package.json" with { type: "json" };
import { DONE, SIGNALS } from "../exit-codes.ts";
import { main } from "../main.ts";
import { parseDuplicity } from "../parse/duplicity.ts";

/** Whose version, exit codes for wrong command lines and plurals are asked for: generation 3, or 0.8 (cli spec 1, D1 D3 D4). */
const is08 = process.env["DUPLICITY_COMPAT"] === "0.8";
const wrongLine = is08 ? 2 : 23;

void main({
  program: "duplicity",
  parse: (args) => parseDuplicity(args, process.env),
  // Front ends compare the second field with what they need.
  version: `duplicity ${is08 ? "0.8.22" : "3.0.4"} (doppel ${manifest.version})`,
  help: async (_command, columns) => (await import("../help-duplicity.ts")).duplicityHelp(columns),
  texts: is08 ? "duplicity-0.8" : "duplicity-3",
  incomplete: DONE, // as stock: unreadable files are told, and counted in the statistics
  exits: { "cli.usage": wrongLine, "format.bad-time": wrongLine },
  signals: { ...SIGNALS, SIGINT: 4 }, // cli spec 5
});
