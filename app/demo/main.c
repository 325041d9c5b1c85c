/* demo-player: the parts of `make run` and `make demo` that are no shell script. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "demo/demo.h"

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "prepare") == 0) return demo_prepare(argv[2], argv[3], argv[4], argv[5]);
    if (argc == 4 && strcmp(argv[1], "printer") == 0) return demo_printer(argv[2], atoi(argv[3]));
    if (argc == 4 && strcmp(argv[1], "play") == 0) return demo_play(argv[2], argv[3]);
    fputs("usage: demo-player prepare SOCKET PASSWORD-FILE PRINTER-URI FOLDER | printer PAPER-FILE PORT | play TOWN OUT\n", stderr);
    return EX_USAGE;
}
