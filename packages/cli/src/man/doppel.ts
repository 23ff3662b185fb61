import { COMMANDS, isCommand, positionalsOf, PURPOSES } from "../commands.ts";
import { EXIT_CODES_HELP } from "../exit-codes.ts";
import type { CommandName } from "../option.ts";
import { idleOptions } from "../option-entries.ts";
import { environmentSection, filesSection, optionSections, SELECTION } from "./common.ts";
import { manualPage, paragraph, section, subsection, term, verbatim } from "./roff.ts";

/** doppel(1). */
export function doppelPage(version: string): string {
  return manualPage("doppel", version, "encrypted backups in duplicity's format", [
    section(
      "Synopsis",
      verbatim(
        "doppel [OPTIONS] SOURCE URL",
        "doppel [OPTIONS] URL TARGET",
        "doppel COMMAND [OPTIONS] ARGUMENTS",
        "doppel help COMMAND",
      ),
    ),
    section(
      "Description",
      paragraph(
        "Stores folders as chains of a full backup and increments, compressed and encrypted with OpenPGP, in a folder or an S3 bucket, in the " +
          "format of duplicity: each program restores and continues what the other made. Backups to a public key need neither a secret nor gpg.",
      ),
      paragraph("A path and a URL without a command are a backup, a URL and a path a restore of the latest state."),
      paragraph(
        "@NAME stands for a URL: a profile, which has the URL, credentials, key, options and what is expected of one server's backups. " +
          "What a command line says besides wins over the profile. Begin with setup key, setup bucket and setup server.",
      ),
    ),
    section("Commands", ...PURPOSES.flatMap((purpose) => [subsection(purpose, ...commandsFor(purpose))])),
    optionSections(
      "doppel",
      paragraph(
        "An option may stand anywhere; with a command that it says nothing to, it is an error. doppel help COMMAND shows those of one command.",
      ),
    ),
    SELECTION,
    section("Exit codes", verbatim(...EXIT_CODES_HELP.split("\n").slice(1))),
    environmentSection(
      term("DOPPEL_PROFILES", "the profiles file, unless --profiles says so"),
      term("XDG_CONFIG_HOME, XDG_RUNTIME_DIR", "folders below which the profiles file and the agent's socket are"),
    ),
    filesSection(
      term(
        "~/.config/doppel/profiles.yaml, /etc/doppel/profiles.yaml",
        "profiles, the first that is there. Only you or root may be able to write to it: it names programs that are run. It has no secrets.",
      ),
      term(
        "$XDG_RUNTIME_DIR/doppel/agent.sock",
        "where unlock's agent listens. It keeps passphrases in memory, and forgets them after the time that --for says, at lock and at logout.",
      ),
    ),
    section(
      "Differences from duplicity",
      paragraph(
        "Results go to standard output and everything else to standard error, which stays empty in a clean run without a terminal. What was left " +
          "out makes it exit with 3. Options are not abbreviated. Commands of its own: recipe, find, diff, prune, and all for setting up and " +
          "watching. To be taken for duplicity by scripts there is duplicity(1).",
      ),
      paragraph(`Taken from scripts of duplicity, without effect: ${idleOptions("doppel").join(", ")}.`),
    ),
    section("See also", paragraph("duplicity(1), gpg(1)")),
  ]);
}

function commandsFor(purpose: (typeof PURPOSES)[number]): readonly string[] {
  const names = Object.keys(COMMANDS)
    .filter(isCommand)
    .filter((name) => COMMANDS[name].purpose === purpose);
  return names.flatMap((name) => [term(`${name} ${positionalsOf(name)}`, aboutOf(name)), ...examplesOf(name)]);
}

function aboutOf(name: CommandName): string {
  const { summary, aliases = [] } = COMMANDS[name];
  return summary + aliases.map((alias) => `; also called ${alias}`).join("");
}

function examplesOf(name: CommandName): readonly string[] {
  return COMMANDS[name].examples.flatMap(([line, meaning]) => [`.RS\n${verbatim(line)}\n${paragraph(meaning)}\n.RE`]);
}
