import { firstWords, type OfferedCommand, pairWords, secondWords, withValue } from "./model.ts";

/** A script for zsh's completion system. */
export function zshCompletion(commands: readonly OfferedCommand[]): string {
  return `#compdef doppel
# Completion of doppel's command line for zsh, made by \`doppel completion zsh\`: as _doppel in a folder of $fpath.
_doppel() {
  local first second word value i
  local -a found names
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $value ]]; then
      value=
      continue
    fi
    case $word in
      (${withValue(commands).join("|")}) value=1 ;;
      (-*|help) ;;
      (*) if [[ -z $first ]]; then first=$word; elif [[ -z $second ]]; then second=$word; fi ;;
    esac
  done
  if [[ -n $value ]]; then
    _files
    return
  fi
  if [[ $PREFIX == @* ]]; then
    [[ " \${words[*]} " == *' --profiles'* ]] && return 1
    names=(\${(f)"$(\${words[1]} completion profiles 2> /dev/null)"}) || return 1
    compadd -- "@\${^names[@]}"
    return
  fi
  if [[ -z $first && $PREFIX != -* ]]; then
    found=(${described([...firstWords(commands), ["help", "help for a command"]])})
    _describe command found
    _files
    return
  fi
  case $first in
${pairWords(commands)
  .map((first) => pairCase(first, commands))
  .join("\n")}
  esac
  if [[ $PREFIX != -* ]]; then
    _files
    return
  fi
  case "$first $second" in
${commands.map(optionsCase).join("\n")}
    (*) found=('--help' '--version') ;;
  esac
  _describe -o option found
}
_doppel "$@"
`;
}

function pairCase(first: string, commands: readonly OfferedCommand[]): string {
  return `    (${first})
      if [[ -z $second && $PREFIX != -* ]]; then
        found=(${described(secondWords(commands, first))})
        _describe command found
        return
      fi
      ;;`;
}

function optionsCase({ name, options }: OfferedCommand): string {
  const pattern = name.includes(" ") ? `"${name}"` : `"${name} "*`;
  return `    (${pattern}) found=(${described(options.map((option) => [option.name, option.help]))}) ;;`;
}

/** `'name:what it does'`, in which a colon of either is escaped. */
function described(pairs: Iterable<readonly [string, string]>): string {
  return [...pairs].map(([name, help]) => quoted(`${escaped(name)}:${escaped(help)}`)).join(" ");
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll(":", "\\:");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
