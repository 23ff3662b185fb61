import { firstWords, type OfferedCommand, type OfferedOption, pairWords, secondWords, withValue } from "./model.ts";

/** A script for fish. */
export function fishCompletion(commands: readonly OfferedCommand[]): string {
  const lines = [
    ...[...firstWords(commands)].map(([word, help]) => candidate("__doppel_begins", word, help)),
    ...pairWords(commands).flatMap((first) =>
      secondWords(commands, first).map(([word, help]) => candidate(`__doppel_first ${first}`, word, help, "-f ")),
    ),
    ...optionLines(commands),
  ];
  return `# Completion of doppel's command line for fish, made by \`doppel completion fish\`:
#   doppel completion fish > ~/.config/fish/completions/doppel.fish
function __doppel_words
    set -l value no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
            continue
        end
        switch $word
            case ${withValue(commands).join(" ")}
                set value yes
            case '-*' help
            case '*'
                echo -- $word
        end
    end
end
function __doppel_begins
    test (count (__doppel_words)) -eq 0
end
function __doppel_first
    set -l words (__doppel_words)
    test (count $words) -eq 1; and contains -- $words[1] $argv
end
function __doppel_in
    set -l words (__doppel_words)
    contains -- "$words[1]" $argv; or contains -- "$words[1] $words[2]" $argv
end
function __doppel_profiles
    string match -q -- '*--profiles*' (commandline -p); and return
    doppel completion profiles 2> /dev/null | string replace -r '^' @
end
complete -c doppel -n "string match -q '@*' -- (commandline -ct)" -a '(__doppel_profiles)'
${lines.join("\n")}
`;
}

/** @param noFiles  `-f ` where no file can stand */
function candidate(condition: string, word: string, help: string, noFiles = ""): string {
  return `complete -c doppel ${noFiles}-n '${condition}' -a ${word} -d ${quoted(help)}`;
}

/** One line for all commands in which an option is the same. */
function optionLines(commands: readonly OfferedCommand[]): readonly string[] {
  const places = new Map<string, { readonly option: OfferedOption; readonly names: string[] }>();
  for (const { name, options } of commands) {
    for (const option of options) {
      const key = JSON.stringify(option);
      const place = places.get(key) ?? { option, names: [] };
      place.names.push(name);
      places.set(key, place);
    }
  }
  return [...places.values()].map(({ option: { name, help, metavar }, names }) => {
    const condition = `__doppel_in ${names.map((one) => (one.includes(" ") ? `"${one}"` : one)).join(" ")}`;
    const value = metavar === undefined ? "" : " -r";
    return `complete -c doppel -n ${quoted(condition)} -l ${name.slice(2)}${value} -d ${quoted(help)}`;
  });
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
