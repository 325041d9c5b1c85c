#!/bin/sh
# manual.sh PROGRAM PAGE.in: the manual page, with what the program's own --help says in
# the place of @HELP@, so that page and program can't differ.
set -eu
program=$1 page=$2
name=$(basename "$program")

# as it is, and no line of it a request
literal() {
    echo '.Bd -literal'
    sed -e "s/^\(usage: \)\?$name/\1gridteller-$name/" -e 's/[[:space:]]*$//' -e 's/\\/\\e/g' -e "s/^[.']/\\\\\&&/"
    echo '.Ed'
}

help() {
    "$program" --help | literal
    # programs that explain each command by itself
    for command in $("$program" --help | sed -n 's/^  \([a-z]\{2,\}\)  *[^ ].*/\1/p'); do
        words=$("$program" "$command" --help 2>/dev/null </dev/null) || continue
        printf '.Ss %s\n' "$command"
        echo "$words" | literal
    done
}

sed '/^@HELP@$/,$d' "$page"
help
sed '1,/^@HELP@$/d' "$page"
