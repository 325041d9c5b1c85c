/* Withholding over the line: a bank asks for its list, WHL:batch, part by part, and
 * gives its results, WHI:batch (interim) and WHF:batch (final). What comes is kept
 * here; `utilityd withhold result` posts it, so no payment waits for a list. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/service.h"
#include "utilityd/withhold.h"
#include "wire/fileline.h"
#include "wire/session.h"

#define ROWS_A_PART 14 /* the longest fit, with header or trailer */
#define PART_TEXT_MAX (WIRE_RECORDS_MAX * 1024)

static bool add(struct wire_part *p, char record[FILELINE_SIZE], const char *line)
{
    int len = fileline_pack(line, record);
    if (len > 0) p->records[p->record_count++] = (struct iso_slice){record, (size_t)len};
    return len > 0;
}

static void header_line(struct service *s, const struct withholding *w, const char *bank, const char *batch, char *line, size_t size)
{
    char made[CLOCK_TEXT_SIZE], until[DAY_TEXT_SIZE], by[DAY_TEXT_SIZE];
    snprintf(line, size, "WHLIST|1|%s|%s|%s|%s|%s|%s|%s", s->u->settings.id, bank, batch, w->month, clock_format(&s->u->clock, w->made_ms, made, sizeof made),
             day_format(w->retry_until, until, sizeof until), day_format(w->result_by, by, sizeof by));
}

/* A list's rows are numbered from 1 without a gap. */
static bool gather(struct service *s, const struct withholding *w, struct wire_part *p, char (*records)[FILELINE_SIZE])
{
    char line[LIST_TEXT_SIZE];
    bool good = true;
    db_ask(s->db, "SELECT sequence, customer, name, fen, account, bill FROM withheld WHERE withholding=$1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence",
           DB_ARGS(DB_INT(w->id), DB_INT((p->part - 1) * ROWS_A_PART), DB_INT(p->part * ROWS_A_PART)));
    while (good && db_row(s->db)) {
        struct list_row row = {0, db_int(s->db, 0), db_int(s->db, 3), db_text(s->db, 1), db_text(s->db, 2), db_text(s->db, 4), db_text(s->db, 5)};
        list_row_format(&row, line);
        good = add(p, records[p->record_count], line);
    }
    return db_end(s->db) >= 0 && good;
}

void service_list(struct service *s, struct exchange *x, const struct wire_part *asked)
{
    static _Thread_local char records[ROWS_A_PART + 2][FILELINE_SIZE];
    const char *bank = asked->head.key.bank, *batch = asked->file + 4;
    struct withholding w;
    struct wire_part p = {.part = asked->part ? asked->part : 1, .code = "00"};
    struct error err;
    char line[200];
    int found = withholding_find(s->db, bank, batch, &w);
    if (found < 0) {
        service_refuse(x, "96", "the books cannot be read");
        return;
    }
    p.last = found ? (w.records + ROWS_A_PART - 1) / ROWS_A_PART : 0;
    if (!found || asked->head.key.branch[0] || p.part > p.last) {
        service_refuse(x, found ? "30" : "25", found ? "the list is the bank's own, and has no such part" : "this bank was sent no such batch");
        return;
    }
    header_line(s, &w, bank, batch, line, sizeof line);
    bool good = (p.part > 1 || add(&p, records[0], line)) && gather(s, &w, &p, records);
    snprintf(line, sizeof line, "END|%" PRId64 "|%" PRId64, w.records, w.sum_fen);
    if (good && p.part == p.last) good = add(&p, records[p.record_count], line);
    if (!good || wire_part_answer(&x->request, &p, &x->answer, &err) != 0) service_refuse(x, "96", "the list cannot be read");
    else x->answered = true;
}

/* --- what a bank gives --------------------------------------------------------------- */

static bool lines_of(const struct wire_part *p, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < p->record_count; i++) {
        int len = fileline_unpack(p->records[i].text, p->records[i].len, text + used, size - used - 1);
        if (len < 0) return false;
        used += (size_t)len;
        text[used++] = '\n';
    }
    text[used] = '\0';
    return used > 0;
}

/* The same part again is answered as the first time; another in its place is not taken. */
void service_result(struct service *s, struct exchange *x, const struct wire_part *given)
{
    static _Thread_local char text[PART_TEXT_MAX];
    const char *bank = given->head.key.bank;
    struct wire_part answer = {.part = given->part, .last = given->last, .code = "00"};
    struct withholding w;
    struct error err;
    bool named = strncmp(given->file, "WHI:", 4) == 0 || strncmp(given->file, "WHF:", 4) == 0;
    if (!named || given->head.key.branch[0] || given->part < 1 || given->part > given->last || !lines_of(given, text, sizeof text)) {
        service_refuse(x, "30", "files that are given are WHI:<batch> and WHF:<batch>, in parts 1 to LP");
        return;
    }
    int found = withholding_find(s->db, bank, given->file + 4, &w);
    if (found == 0) {
        service_refuse(x, "25", "this bank was sent no such batch");
        return;
    }
    int64_t put = found < 0 ? -1 : db_run(s->db, "INSERT INTO received (bank, file, part, last, text) VALUES ($1,$2,$3,$4,$5) ON CONFLICT (bank, file, part) DO NOTHING",
                                          DB_ARGS(DB_TEXT(bank), DB_TEXT(given->file), DB_INT(given->part), DB_INT(given->last), DB_TEXT(text)));
    int64_t same = put < 0 ? -1 : db_number(s->db, "SELECT count(*) FROM received WHERE bank=$1 AND file=$2 AND part=$3 AND last=$4 AND text=$5",
                                            DB_ARGS(DB_TEXT(bank), DB_TEXT(given->file), DB_INT(given->part), DB_INT(given->last), DB_TEXT(text)), 0);
    if (same < 0) service_refuse(x, "96", "the books cannot be written");
    else if (same == 0) service_refuse(x, "94", "this part came with other content");
    else if (wire_part_answer(&x->request, &answer, &x->answer, &err) != 0) service_refuse(x, "96", err.why);
    else x->answered = true;
}
