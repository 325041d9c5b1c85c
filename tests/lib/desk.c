#include "lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/rpc_client.h"

/* A second supervisor signs for what the first does. */
static void approved(struct talk *t, const char *method, json_t *params)
{
    talk_approve(t, BRANCH_OTHER_SUPERVISOR, BRANCH_PASSWORD, method, params);
    talk_ask(t, method, "O", params);
    json_decref(params);
}

static void load_book(struct desk *desk)
{
    struct talk t;
    talk_open(&t, desk->socket, DESK_TERMINAL);
    talk_sign_on(&t, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
    approved(&t, "book_load", json_pack("{s:s, s:s, s:s, s:s, s:s}", "series", "013002600111", "first", "00012001", "last",
                                        "00013000", "next", DESK_FIRST_NUMBER, "till", "03"));
    /* floats come out of the vault */
    approved(&t, "vault", json_pack("{s:s, s:I}", "act", "in", "sum_fen", (json_int_t)10000000));
    talk_close(&t);
}

void desk_bind(struct desk *desk, const char *name, const char *uri)
{
    struct talk t;
    talk_open(&t, desk->socket, DESK_TERMINAL);
    talk_sign_on(&t, BRANCH_TECHNICIAN, BRANCH_PASSWORD);
    talk_ask(&t, "printer_bind", "{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "name", name, "uri", uri, "profile", "epson-80",
             "template", "receipt-80", "media", "roll-80", "offset_x_mm10", 0, "offset_y_mm10", 0);
    talk_close(&t);
}

void desk_bind_for(struct desk *desk, const char *document, const char *uri, const char *profile, const char *template, const char *media)
{
    struct talk t;
    talk_open(&t, desk->socket, DESK_TERMINAL);
    talk_sign_on(&t, BRANCH_TECHNICIAN, BRANCH_PASSWORD);
    talk_ask(&t, "printer_bind", "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s}", "name", document, "uri", uri, "profile", profile, "template", template,
             "media", media, "offset_x_mm10", 0, "offset_y_mm10", 0, "document", document, "terminal", DESK_TERMINAL);
    talk_close(&t);
}

void desk_accounts(struct desk *desk)
{
    char out[200] = "", config[300];
    snprintf(config, sizeof config, "--config=%s/bankd.ini", desk->w.dir);
    world_stop(&desk->w, "branchd");
    world_stop(&desk->w, "bankd");
    world_append(&desk->w, "bankd.ini", "[accounts]\nkey = bank.box\n");
    assert_int_equal(world_run(&desk->w, out, sizeof out, "bankd", config, "account", "key", NULL), 0);
    world_append(&desk->w, "branchd.ini", "[accounts]\nbank_key = %.64s\n", out);
    world_start(&desk->w, "bankd");
    world_wait_bank(&desk->w);
    world_start(&desk->w, "branchd");
    world_wait_branch(&desk->w);
}

static void bind_printer(struct desk *desk)
{
    struct printer_plan plan = PLAN_GOOD;
    desk->printer = printer_start(&plan);
    desk_bind(desk, "L7", printer_uri(desk->printer));
}

void desk_open(struct desk *desk, const char *name, bool printer)
{
    memset(desk, 0, sizeof *desk);
    world_open(&desk->w, name);
    world_utility(&desk->w, 2000);
    world_bank(&desk->w);
    world_branch(&desk->w, "answer = 1s\nagain = 500ms\nfeed = 1s\n");
    world_wait_branch(&desk->w);
    world_branch_socket(&desk->w, desk->socket, sizeof desk->socket);
    load_book(desk);
    if (printer) bind_printer(desk);
}

void desk_close(struct desk *desk)
{
    term_close(desk->term);
    if (desk->printer) printer_stop(desk->printer);
    world_close(&desk->w);
}

void desk_counter(struct desk *desk, const char *language, int rows, int cols) { desk_counter_at(desk, DESK_TERMINAL, language, rows, cols); }

void desk_counter_at(struct desk *desk, const char *terminal, const char *language, int rows, int cols)
{
    char program[300], socket[600], lang[32], at[32], file[300], config[320];
    snprintf(program, sizeof program, "%s/counter", desk->w.bin);
    snprintf(socket, sizeof socket, "--socket=%s", desk->socket);
    snprintf(lang, sizeof lang, "--lang=%s", language);
    snprintf(at, sizeof at, "--terminal=%s", terminal);
    snprintf(config, sizeof config, "--config=%s", world_path(&desk->w, "counter.ini", file, sizeof file));
    const char *const argv[] = {program, socket, at, lang, access(file, R_OK) == 0 ? config : NULL, NULL};
    const char *const env[] = {"LC_ALL=", "LANG=C.UTF-8", "NO_COLOR=", NULL};
    term_close(desk->term);
    desk->term = term_start(rows, cols, "xterm-256color", argv, env);
    assert_non_null(desk->term);
    desk_sees(desk, strcmp(language, "en") ? "启动检查" : "At start-up");
}

#define MENU_FIRST_ROW 4 /* from 0 */
#define MENU_PAGES 3

/* Its digit or letter on the screen, 0: not there. */
static char menu_key(struct term *term, const char *title)
{
    char row[TERM_ROW_SIZE];
    for (int i = MENU_FIRST_ROW; i < term_rows(term); i++) {
        const char *at = strstr(term_row(term, i, row, sizeof row), title);
        if (at) return row[1]; /* ">1    title" */
    }
    return 0;
}

static bool is_menu(struct term *term, void *ctx) { return term_shows(term, "EVERYTHING THERE IS") || term_shows(term, "全部功能"); }

bool menu_open(struct term *term, const char *en, const char *zh)
{
    char keys[24];
    term_keys(term, "{F10}");
    if (!term_wait_until(term, is_menu, NULL, TERM_WAIT_MS)) return false;
    for (int page = 0; page < MENU_PAGES; page++) {
        char key = menu_key(term, en);
        if (!key) key = menu_key(term, zh);
        snprintf(keys, sizeof keys, "%c{Enter}", key);
        term_keys(term, key ? keys : "{F8}");
        if (key) return true;
        term_settle(term, 30);
    }
    return false;
}

void desk_menu(struct desk *desk, const char *en, const char *zh)
{
    if (menu_open(desk->term, en, zh)) return;
    term_print(desk->term, stderr);
    fail_msg("not in the menu: %s", en);
}

void desk_counter_ends(struct desk *desk)
{
    desk_menu(desk, "Leave the program", "退出程序");
    int status = term_ended(desk->term, TERM_WAIT_MS);
    if (status) fail_msg("the counter did not end well: %d", status);
}

void desk_sign_on(struct desk *desk, const char *number)
{
    desk_keys(desk, number);
    desk_keys(desk, "{Enter}" BRANCH_PASSWORD "{Enter}");
}

static void failed(struct desk *desk, const char *text)
{
    term_print(desk->term, stderr);
    fail_msg("not on the screen: %s", text);
}

void desk_sees(struct desk *desk, const char *text)
{
    if (!term_wait(desk->term, text, TERM_WAIT_MS)) failed(desk, text);
}

void desk_sees_row(struct desk *desk, int row, const char *text)
{
    if (!term_wait_row(desk->term, row - 1, text, TERM_WAIT_MS)) failed(desk, text);
}

void desk_keys(struct desk *desk, const char *keys) { term_keys(desk->term, keys); }

bool desk_shows(const struct desk *desk, const char *text) { return term_shows(desk->term, text); }
