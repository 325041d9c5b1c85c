/* The utility's front end: service, judge and store, a batch of messages at a time. */
#include <assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "lib/disk.h"
#include "storm/nodes.h"
#include "utilityd/service.h"
#include "wire/channel.h"

#define WAITING_MAX 128
#define TODAY 20781

extern struct node utility_node;
struct node utility_node;
struct world_customer customers[CUSTOMERS];
static struct utility utility;
static struct service *service;
static uv_loop_t loop;
static struct channel_server *server;
static struct disk_image *fresh;
static struct waiting { struct exchange x; struct channel *channel; void *session; } waiting[WAITING_MAX];
static int waiting_count;
static bool at_work;
static long sessions;

/* --- the bills that all seeds start from --------------------------------------------------- */

static void sql(sqlite3 *db, const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
        fprintf(stderr, "storm: %s: %s\n", text, why);
        abort();
    }
}

static void put_bill(sqlite3 *db, struct world_customer *c, int b, int serial)
{
    static const int64_t sums[] = {8528, 100, 12345, 7, 250000, 0, 4321, 99999};
    struct world_bill *bill = &c->bills[b];
    char text[6200];
    snprintf(bill->number, sizeof bill->number, "B%06d%02d", serial, b);
    snprintf(bill->period, sizeof bill->period, "2026%02d", 8 + b);
    bill->amount_fen = sums[(serial * 3 + b) % 8] + (sums[(serial * 3 + b) % 8] ? serial : 0);
    bill->due = TODAY - 70 + 30 * b + serial % 5;
    bill->first = TODAY - 200;
    bill->last = serial % 11 == 5 ? TODAY - 1 : TODAY + 200;
    bill->resident = serial % 3 != 0;
    bill->rate_permille = bill->resident ? 1 : 2;
    snprintf(text, sizeof text, "INSERT INTO bill (number, customer, meter, period, previous, current, multiplier, kwh, amount_fen, tiers, due,"
             " first_day, last_day, rate_permille, class, change) VALUES ('%s', '%s', 'M1', '%s', 0, 1, 1, 1, %lld, '', %d, %d, %d, %d, '%c', %d)",
             bill->number, c->number, bill->period, (long long)bill->amount_fen, bill->due, bill->first, bill->last, bill->rate_permille,
             bill->resident ? 'R' : 'C', serial * 10 + b);
    sql(db, text);
}

void utility_prepare(void)
{
    static char folder[96];
    struct run none = {.seed = 1};
    struct error err;
    sqlite3 *db = NULL;
    snprintf(folder, sizeof folder, "%s/utility", storm_folder);
    sim_begin(&none);
    utility_node.disk = disk_new(folder);
    int status = utility_open(&utility, NULL, &err);
    assert(status == 0);
    snprintf(utility.settings.store, sizeof utility.settings.store, "%s.db", folder);
    utility.clock = clock_manual(&utility_node.wall_ms, CLOCK_CHINA_OFFSET_S);
    int fd = open(utility.settings.store, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert(fd >= 0);
    close(fd);
    status = utility_db_make(utility.settings.store, &err);
    assert(status == 0);
    (void)status;
    status = sqlite3_open(utility.settings.store, &db);
    assert(status == SQLITE_OK);
    sql(db, "PRAGMA journal_mode=WAL; BEGIN");
    for (int i = 0; i < CUSTOMERS; i++) {
        struct world_customer *c = &customers[i];
        char text[6200];
        snprintf(c->number, sizeof c->number, "13002077%02d", i);
        c->count = 1 + i % CUSTOMER_BILLS;
        snprintf(text, sizeof text, "INSERT INTO customer (number, name, address, supply, meter) VALUES ('%s', '张建国', '石家庄', '1', 'M1')", c->number);
        sql(db, text);
        for (int b = 0; b < c->count; b++)
            put_bill(db, c, b, i + 1);
    }
    sql(db, "COMMIT");
    sqlite3_close(db);
    fresh = disk_save(utility_node.disk);
    sim_end();
}

void utility_reset(void)
{
    struct disk *disk = utility_node.disk;
    memset(&utility_node, 0, sizeof utility_node);
    utility_node.kind = NODE_UTILITY;
    utility_node.disk = disk;
    snprintf(utility_node.name, sizeof utility_node.name, "utility");
    disk_load(disk, fresh);
    waiting_count = 0;
    at_work = false;
    sessions = 0;
}

const char *utility_path(void) { return utility.settings.store; }

/* --- messages in ------------------------------------------------------------------------------ */

static void work(void *ctx, long arg);

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer) { channel_set_user(c, (void *)(intptr_t)++sessions); }

static void on_down(void *ctx, struct channel *c, const char *why) { channel_set_user(c, NULL); }

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    static const char *const odd[] = {"96", "94", "30", "58"};
    struct waiting *w = &waiting[waiting_count];
    struct error err;
    if (waiting_count == WAITING_MAX) return;
    memset(w, 0, sizeof *w);
    if (iso_unpack(&w->x.request, (const char *)bytes, len, &err) != 0) {
        broken("broken", "a relay sent on what is no message: %s", err.why);
    }
    w->channel = c;
    w->session = channel_user(c);
    text_copy(w->x.peer, sizeof w->x.peer, channel_peer(c)->cn);
    if (message_check(&w->x.request, &err) != 0) broken("broken", "a message that is not valid was sent: %s %s", err.where, err.why);
    if (w->x.request.mti[1] != '8' && fault(150, "the utility's front end refuses a message")) {
        w->x.refusal = odd[dice(DICE_FAULT, 4)];
        snprintf(w->x.why, sizeof w->x.why, "of the storm");
    }
    waiting_count++;
    if (!at_work) at_ms(1 + (int64_t)dice(DICE_NET, 10), &utility_node, work, NULL, 0);
    at_work = true;
}

static void send_back(struct waiting *w)
{
    char bytes[ISO_MESSAGE_MAX], text[200];
    service_finish(&w->x);
    if (!w->x.answered) return;
    int len = iso_pack(&w->x.answer, bytes, sizeof bytes, NULL);
    if (run_now->telling) say("answers %s", message_describe(&w->x.answer, text, sizeof text));
    if (len > 0 && channel_user(w->channel) == w->session) channel_send(w->channel, bytes, (size_t)len);
}

static void work(void *ctx, long arg)
{
    struct exchange *xs[WAITING_MAX];
    int count = waiting_count;
    for (int i = 0; i < count; i++)
        xs[i] = &waiting[i].x;
    at_work = false;
    waiting_count = 0;
    if (!service_work(service, xs, (size_t)count)) {
        if (!node_struck(&utility_node)) broken("broken", "the utility can't keep its books, on a disk that works");
        utility_node.fails = true;
    }
    service_rest(service);
    for (int i = 0; i < count; i++)
        send_back(&waiting[i]); /* one that was not answered has no answer; a dark machine sends none */
}

static const struct channel_events events = {NULL, on_up, on_frame, on_down, NULL, NULL};

bool utility_up(struct node *node)
{
    struct error err = {0};
    waiting_count = 0;
    at_work = false;
    service = service_open(&utility, true, &err);
    if (!service && !node_struck(node)) broken("lost", "the utility can't open its books: %s %s", err.where, err.why);
    if (!service) return false;
    server = channel_listen(&loop, NULL, "", NULL, &events, NULL, &err);
    return server != NULL;
}

void utility_down(struct node *node)
{
    if (server) channel_server_close(server);
    server = NULL;
    service_close(service);
    service = NULL;
}

const uv_loop_t *utility_loop(const struct node *node) { return &loop; }
