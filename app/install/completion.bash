# bash completion for gridteller-counter, -branchd, -bankd, -utilityd and -conformance:
# commands and options as the program's own --help names them.
_gridteller()
{
    local program=$1 word=$2 command='' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -* ]] || { command=${COMP_WORDS[i]}; break; }
    done
    if [[ $word == -* ]]; then
        local options
        options=$({ "$program" --help; [[ -n $command ]] && "$program" "$command" --help; } 2>/dev/null </dev/null |
            grep -o -e '--[a-z][a-z-]*' | sort -u)
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif [[ -z $command ]]; then
        local commands
        commands=$("$program" --help 2>/dev/null </dev/null | sed -n 's/^  \([a-z]\{2,\}\) .*/\1/p; s/^       [a-z]* \([a-z]\{2,\}\) .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
    fi
    ((${#COMPREPLY[@]})) || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -o filenames -F _gridteller gridteller-counter gridteller-branchd gridteller-bankd gridteller-utilityd gridteller-conformance
