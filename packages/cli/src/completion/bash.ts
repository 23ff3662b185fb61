import { firstWords, type OfferedCommand, pairWords, secondWords, withValue } from "./model.ts";

/** A script for bash, without what the package bash-completion has. Where nothing is offered, bash offers files. */
export function bashCompletion(commands: readonly OfferedCommand[]): string {
  const pairs = pairWords(commands);
  return `# Completion of doppel's command line for bash, made by \`doppel completion bash\`. In ~/.bashrc:
#   source <(doppel completion bash)
_doppel() {
  # $2 is what bash replaces: "@w", although "@" parts words, but nothing behind a "=".
  local cur=$2 first= second= options= names= value= i word
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $value ]]; then
      [[ $word == = ]] || value=
      continue
    fi
    case $word in
    ${withValue(commands).join(" | ")}) value=1 ;;
    -* | = | @ | help) ;;
    *) if [[ ! $first ]]; then first=$word; elif [[ ! $second ]]; then second=$word; fi ;;
    esac
  done
  [[ $value || \${COMP_WORDS[COMP_CWORD]} == = ]] && return
  if [[ $cur == @* ]]; then
    [[ " \${COMP_WORDS[*]} " == *' --profiles '* ]] && return
    names=$("\${COMP_WORDS[0]}" completion profiles 2> /dev/null) || return
    COMPREPLY=($(compgen -W "\${names:+@\${names//$'\\n'/$'\\n'@}}" -- "$cur"))
    return
  fi
  if [[ ! $first && $cur != -* ]]; then
    COMPREPLY=($(compgen -W "${[...firstWords(commands).keys(), "help"].join(" ")}" -- "$cur"))
    return
  fi
  case $first in
${pairs.map((first) => pairCase(first, commands)).join("\n")}
  esac
  [[ $cur == -* ]] || return
  case "$first $second" in
${commands.map(optionsCase).join("\n")}
  *) options="--help --version" ;;
  esac
  COMPREPLY=($(compgen -W "$options" -- "$cur"))
}
complete -o default -F _doppel doppel
`;
}

function pairCase(first: string, commands: readonly OfferedCommand[]): string {
  const words = secondWords(commands, first).map(([word]) => word);
  return `  ${first})
    if [[ ! $second && $cur != -* ]]; then
      COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$cur"))
      return
    fi
    ;;`;
}

function optionsCase({ name, options }: OfferedCommand): string {
  const pattern = name.includes(" ") ? `"${name}"` : `"${name} "*`;
  return `  ${pattern}) options="${options.map((option) => option.name).join(" ")}" ;;`;
}
