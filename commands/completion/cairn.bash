# SPDX-License-Identifier: BSD-3-Clause
# bash completion for cairn(1), cairn-lab(1) and stopd(8).  Commands, options and their choices are taken from the program's own help,
# so that they are always those of the installed program.  For zsh: autoload -U bashcompinit && bashcompinit, then source
# this file.

# Every line of help about $1... whose first word is a command.
_cairn_commands() {
  "$@" --help 2>/dev/null | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]\{1,\}\) .*/\1/p'
}

_cairn_options() {
  "$@" --help 2>/dev/null | sed -n '/^Options:/,/^$/s/^  \(-[-a-zA-Z,]*\).*/\1/p' | tr ',' '\n'
}

# The choices of option $1, written as "table|json" or "TEXT:{table,json}" behind it.
_cairn_choices() {
  local option=$1
  shift
  "$@" --help 2>/dev/null | sed -n "s/^  \(-[a-z],\)\{0,1\}${option}[ ]\([^ ]*\).*/\2/p" |
    sed -n 's/^[A-Z]*:{\([a-z,|]*\)}$/\1/; /^[a-z]*[|,][a-z|,]*$/p' | tr '|' '\n' | tr ',' '\n'
}

_cairn_interfaces() {
  local path
  for path in /sys/class/net/*; do echo "${path##*/}"; done
}

_cairn() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=("${COMP_WORDS[0]}") commands word
  local i
  COMPREPLY=()

  # Which command, of which command, is being typed.
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    commands=$(_cairn_commands "${command[@]}")
    [[ -n $commands && $'\n'$commands$'\n' == *$'\n'"$word"$'\n'* ]] || break
    [[ $word == help ]] || command+=("$word")
  done

  local choices=
  [[ $previous == --* ]] && choices=$(_cairn_choices "$previous" "${command[@]}")
  [[ $previous == -f ]] && choices=$(_cairn_choices --format "${command[@]}")
  [[ $previous == -i || $previous == --interface ]] && choices=$(_cairn_interfaces)
  if [[ -z $choices ]]; then
    case $current in
      -*) choices=$(_cairn_options "${command[@]}") ;;
      *) choices=$(_cairn_commands "${command[@]}") ;;
    esac
  fi
  # No choices: the shell completes file names (see -o below).
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}

complete -o bashdefault -o default -F _cairn cairn cairn-lab stopd
