/* Invoices at a counter: numbers strictly in order, doubts settled by a person, copies, cancelled paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

static struct world w;
static struct talk teller;
static char socket_path[512], key[64];

static void sit_down(void)
{
    talk_open(&teller, socket_path, "03");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
}

static int start(void **state)
{
    world_open(&w, "paper");
    world_utility(&w, 300);
    world_bank(&w);
    world_branch(&w, NULL);
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    sit_down();
    json_t *book = json_pack("{s:s, s:s, s:s, s:s}", "series", "1300242", "first", "00012340", "last", "00012399", "next", "00012345");
    assert_string_equal(talk_text(talk_ask(&teller, "book_load", "O", book), "next_number"), "00012345");
    json_object_set_new(book, "first", json_string("00022340")); /* only the very first is loaded by one alone */
    json_object_set_new(book, "last", json_string("00022399"));
    json_object_set_new(book, "next", json_string("00022340"));
    talk_refused(&teller, "approval", "book_load", "O", book);
    json_decref(book);
    return 0;
}

static int stop(void **state)
{
    talk_close(&teller);
    world_branch_verify(&w);
    world_close(&w);
    return 0;
}

static void collect(void)
{
    char number[64];
    world_sql_text(&w, "utility.db", "SELECT customer FROM bill b WHERE state = 0 AND customer NOT LIKE '049911%' AND amount_fen > covered_fen"
                   " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1", number, sizeof number);
    json_t *card = talk_ask(&teller, "pay", "o", talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", number), 0));
    snprintf(key, sizeof key, "%s", talk_text(card, "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    talk_state_reaches(&teller, key, "posted", 5000);
}

/* T3: the next planned invoice; the job, owned by the caller. */
static json_t *send_next(void)
{
    json_t *next = talk_ask(&teller, "print_next", NULL);
    assert_true(json_is_object(next));
    return json_incref(talk_ask(&teller, "invoice_send", "{s:O}", "invoice", json_object_get(next, "invoice")));
}

static json_t *end_job(json_t *job, const char *outcome)
{
    return talk_ask(&teller, "invoice_result", "{s:O, s:O, s:O, s:s, s:i, s:s}", "invoice", json_object_get(job, "invoice"), "attempt",
                    json_object_get(job, "attempt"), "number", json_object_get(job, "number"), "outcome", outcome, "bytes", strcmp(outcome, "nothing-sent") == 0 ? 0 : 800, "words", "");
}

static const char *invoice_state(const json_t *card) { return talk_text(json_object_get(card, "invoice"), "state"); }

static void an_invoice_takes_the_next_number_and_is_confirmed(void **state)
{
    collect();
    json_t *job = send_next(), *data = json_object_get(job, "data"), *bill = json_array_get(json_object_get(data, "bills"), 0);
    assert_string_equal(talk_text(job, "number"), "00012345");
    assert_string_equal(talk_text(data, "number"), "00012345");
    assert_string_equal(talk_text(data, "key"), key);
    assert_string_equal(talk_text(data, "state"), "posted");
    assert_string_equal(talk_text(data, "teller_name"), "张丽");
    assert_int_equal(talk_number(data, "total_fen"), talk_number(data, "bills_fen") + talk_number(data, "late_fee_fen"));
    assert_int_equal(talk_number(bill, "pay_fen"), talk_number(data, "total_fen"));
    assert_int_equal(strlen(talk_text(bill, "period")), 6);
    assert_string_equal(invoice_state(end_job(job, "confirmed")), "confirmed");
    assert_string_equal(talk_text(talk_ask(&teller, "state", NULL), "next_number"), "00012346");
    assert_true(json_is_null(talk_ask(&teller, "print_next", NULL)));
    json_decref(job);
    world_sql_reaches(&w, "utility.db", "SELECT count(*) FROM notice WHERE number = '00012345' AND what = 'printed'", 1, 5000);
}

static void nothing_sent_frees_its_number(void **state)
{
    collect();
    json_t *job = send_next();
    assert_string_equal(talk_text(job, "number"), "00012346");
    assert_string_equal(invoice_state(end_job(job, "nothing-sent")), "planned");
    json_decref(job);
    job = send_next();
    assert_string_equal(talk_text(job, "number"), "00012346");
    assert_string_equal(invoice_state(end_job(job, "confirmed")), "confirmed");
    json_decref(job);
}

static void a_doubt_stops_the_book_and_a_spoilt_one_gives_the_next_number(void **state)
{
    collect();
    json_t *job = send_next();
    end_job(job, "unknown");
    assert_string_equal(talk_text(talk_ask(&teller, "state", NULL), "book_waits"), "00012347");
    collect(); /* Collect goes on */
    assert_true(json_is_null(talk_ask(&teller, "print_next", NULL)));
    talk_refused(&teller, "state", "invoice_answer", "{s:O, s:i, s:s, s:s, s:b}", "invoice", json_object_get(job, "invoice"), "attempt", 9,
                 "number", "00012347", "answer", "whole", "cleared", 1);
    json_t *card = talk_ask(&teller, "invoice_answer", "{s:O, s:O, s:O, s:s, s:b}", "invoice", json_object_get(job, "invoice"), "attempt",
                            json_object_get(job, "attempt"), "number", json_object_get(job, "number"), "answer", "spoiled", "cleared", 1);
    assert_string_equal(invoice_state(card), "planned");
    json_decref(job);
    for (int i = 0; i < 2; i++) {
        job = send_next();
        assert_string_equal(talk_text(job, "number"), i ? "00012349" : "00012348");
        assert_string_equal(invoice_state(end_job(job, "confirmed")), "confirmed");
        json_decref(job);
    }
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM number WHERE state = 'void' AND number = 12347"), 1);
}

static void a_stop_between_sending_and_the_printers_word_is_a_doubt(void **state)
{
    collect();
    json_t *job = send_next();
    world_kill(&w, "branchd");
    talk_close(&teller);
    world_start(&w, "branchd");
    sit_down();
    json_t *item = json_array_get(talk_ask(&teller, "todo", NULL), 0);
    assert_string_equal(talk_text(item, "kind"), "doubt");
    assert_string_equal(talk_text(item, "id"), key);
    assert_true(json_is_null(talk_ask(&teller, "print_next", NULL)));
    json_t *card = talk_ask(&teller, "invoice_answer", "{s:O, s:O, s:O, s:s, s:b}", "invoice", json_object_get(job, "invoice"), "attempt",
                            json_object_get(job, "attempt"), "number", json_object_get(job, "number"), "answer", "whole", "cleared", 0);
    assert_string_equal(invoice_state(card), "confirmed");
    assert_int_equal(json_array_size(talk_ask(&teller, "todo", NULL)), 0);
    json_decref(job);
}

static void a_copy_needs_a_supervisor_and_is_counted(void **state)
{
    json_t *params = json_pack("{s:s}", "key", key);
    talk_refused(&teller, "approval", "reprint_data", "O", params);
    for (int count = 1; count <= 2; count++) {
        json_object_del(params, "approval");
        talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "reprint_data", params);
        json_t *job = talk_ask(&teller, "reprint_data", "O", params);
        assert_int_equal(talk_number(json_object_get(job, "data"), "reprint"), count);
    }
    talk_refused(&teller, "approval-used", "reprint_data", "O", params);
    json_decref(params);
}

/* The printer for receipts has other paper: copies and slips take the form that is drawn for it. */
static void bind_receipts(const char *media)
{
    struct talk technician;
    talk_open(&technician, socket_path, "09");
    talk_sign_on(&technician, BRANCH_TECHNICIAN, BRANCH_PASSWORD);
    talk_ask(&technician, "printer_bind", "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s}", "name", "R", "uri", "file:/dev/null", "profile", "escpos-80",
             "template", "", "media", media, "offset_x_mm10", 0, "offset_y_mm10", 0, "terminal", "03", "document", "receipt");
    talk_close(&technician);
}

static void copies_take_the_form_of_the_paper(void **state)
{
    static const char *const row[][2] = {{"roll-58", "receipt-58"}, {"tractor-241", "receipt-241"}, {"roll-80", "receipt-80"}};
    json_t *params = json_pack("{s:s}", "key", key);
    for (int i = 0; i < 3; i++) {
        bind_receipts(row[i][0]);
        json_object_del(params, "approval");
        talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "reprint_data", params);
        assert_string_equal(talk_text(talk_ask(&teller, "reprint_data", "O", params), "template"), row[i][1]);
    }
    json_decref(params);
}

static void a_reversal_takes_the_paper_back(void **state)
{
    char number[32];
    json_t *papers = talk_ask(&teller, "papers", "{s:s}", "key", key);
    assert_int_equal(json_array_size(papers), 1);
    snprintf(number, sizeof number, "%s", json_string_value(json_array_get(papers, 0)));
    json_t *params = json_pack("{s:s, s:[{s:s, s:s}]}", "key", key, "paper", "number", number, "state", "returned");
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "reverse", params);
    json_object_set_new(params, "key", json_string("102/0311-0007/010000000001"));
    talk_refused(&teller, "approval-altered", "reverse", "O", params);
    json_object_set_new(params, "key", json_string(key));
    json_object_del(params, "approval");
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "reverse", params);
    json_t *card = talk_ask(&teller, "reverse", "O", params);
    assert_string_equal(talk_text(card, "state"), "reversing");
    assert_string_equal(invoice_state(card), "cancelled");
    talk_state_reaches(&teller, key, "reversed", 5000);
    json_decref(params);
    params = json_pack("{s:s}", "key", key);
    bind_receipts("tractor-241");
    assert_string_equal(talk_text(talk_ask(&teller, "slip", "O", params), "template"), "handback-241");
    talk_refused(&teller, "approval", "hand_back", "O", params);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "hand_back", params);
    assert_int_equal(talk_number(talk_ask(&teller, "hand_back", "O", params), "give_back_fen"), 0);
    json_decref(params);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state = 5"), 1);
    world_sql_reaches(&w, "utility.db", "SELECT count(*) FROM notice WHERE what = 'cancelled'", 1, 5000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_invoice_takes_the_next_number_and_is_confirmed),
    cmocka_unit_test(nothing_sent_frees_its_number),
    cmocka_unit_test(a_doubt_stops_the_book_and_a_spoilt_one_gives_the_next_number),
    cmocka_unit_test(a_stop_between_sending_and_the_printers_word_is_a_doubt),
    cmocka_unit_test(a_copy_needs_a_supervisor_and_is_counted),
    cmocka_unit_test(copies_take_the_form_of_the_paper),
    cmocka_unit_test(a_reversal_takes_the_paper_back),
};

int main(void)
{
    return cmocka_run_group_tests_name("branch's paper", tests, start, stop);
}
