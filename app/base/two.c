#include "base/two.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_SIZE 256
#define PASSWORD_LEAST 12

bool prompt_password(const char *prompt, char *password, size_t size)
{
    struct termios shown, hidden;
    bool person = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (person) {
        fputs(prompt, stderr);
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool good = fgets(password, (int)size, stdin) != NULL;
    if (good) password[strcspn(password, "\r\n")] = '\0';
    if (person) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    return good && password[0] != '\0';
}

/* The same words whether the number or the password is wrong. */
static int refuse(struct error *err)
{
    return error_all(err, "nothing was done", NULL, "a number or a password is wrong, or locked after five wrong tries", "it is free again after 30 minutes");
}

static int one_of_them(const struct two_store *store, const char *number, const char *password, const struct clock *clock, struct error *err)
{
    struct two_person who = {0};
    int64_t now = clock_now_ms(clock);
    int found = store->find(store->ctx, number, &who, err);
    if (found < 0) return -1;
    bool right = found == 1 && secret_password_matches(password, who.stored);
    if (found == 0) return refuse(err);
    if (who.locked_ms > now) return refuse(err);
    int wrong = right ? 0 : who.wrong + 1;
    if (wrong != who.wrong || who.locked_ms != 0) {
        int64_t locked = wrong >= TWO_WRONG_MAX ? now + TWO_LOCK_MS : 0;
        if (store->count(store->ctx, number, wrong, locked, err) != 0) return -1;
    }
    return right ? 0 : refuse(err);
}

int two_people(const struct two_store *store, const char *maker, const char *checker, const struct clock *clock, struct error *err)
{
    char first[PASSWORD_SIZE] = "", second[PASSWORD_SIZE] = "", prompt[64];
    int status = -1;
    if (strcmp(maker, checker) == 0) return error_all(err, "nothing was done", NULL, "maker and checker are one person", "a second person must check it");
    snprintf(prompt, sizeof prompt, "password of %.20s, who makes it: ", maker);
    bool given = prompt_password(prompt, first, sizeof first);
    snprintf(prompt, sizeof prompt, "password of %.20s, who checks it: ", checker);
    given = given && prompt_password(prompt, second, sizeof second);
    if (!given) error_all(err, "nothing was done", NULL, "no password was given", "both are typed, or stand on two lines of the input");
    else if (one_of_them(store, maker, first, clock, err) == 0) status = one_of_them(store, checker, second, clock, err);
    secret_wipe(first, sizeof first);
    secret_wipe(second, sizeof second);
    return status;
}
