/* What a bank tells those whose bill it could not debit: a line each, for a text message. Out of the
 * list and what the books say of its rows, so also between the interim and the final result. */
#include <inttypes.h>
#include <string.h>

#include "bankd/withhold.h"
#include "base/money.h"
#include "base/text.h"

#define FIELDS 6
#define FINAL 2

static const char *const reasons[FATE_DEBITED] = {[FATE_51] = "账户余额不足", [FATE_14] = "扣款账户不存在", [FATE_78] = "户名与账户不符",
                                                  [FATE_62] = "账户已冻结或销户", [FATE_94] = "重复扣款请求", [FATE_30] = "账号无效"};

struct holder { char phone[64]; int64_t balance_fen; bool there; };

static int read_holder(struct withhold *w, const char *account, struct holder *h, struct error *err)
{
    int64_t number = 0;
    *h = (struct holder){.phone = ""};
    if (!account_parse(account, &number)) return 0;
    db_ask(w->db, "SELECT h.phone, a.balance_fen FROM holder h JOIN account a ON a.number=h.account WHERE a.number=$1", DB_ARGS(DB_INT(number)));
    if (db_row(w->db)) {
        h->there = true;
        db_copy(w->db, 0, h->phone, sizeof h->phone);
        h->balance_fen = db_int(w->db, 1);
    }
    return db_end(w->db) < 0 ? db_failed(w->db, "the notices are not whole", err) : 0;
}

/* sequence, customer, name, amount, account, bill */
static bool split(char *text, size_t len, char *fields[FIELDS])
{
    text[len] = '\0';
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = text;
        char *bar = strchr(text, '|');
        if (bar == NULL) return i == FIELDS - 1;
        *bar = '\0';
        text = bar + 1;
    }
    return false;
}

/* phone|customer|name|account's end|text. Nothing of the account but its last four digits leaves the bank. */
static void tell(const struct withhold *w, FILE *out, char *const fields[FIELDS], enum fate fate, int64_t fen, const struct holder *h)
{
    char yuan[MONEY_TEXT_SIZE], more[MONEY_TEXT_SIZE], day[DAY_TEXT_SIZE];
    const char *end = strlen(fields[4]) > 4 ? fields[4] + strlen(fields[4]) - 4 : fields[4];
    fprintf(out, "%s|%s|%s|%s|【%s】%s您好，%.4s年%s月电费%s元未能从尾号%s的账户扣款（%s）", h->phone, fields[1], fields[2], end, w->bank->settings.name, fields[2],
            w->header.month, w->header.month + 4, money_format(fen, yuan, sizeof yuan), end, reasons[fate]);
    bool again = fate == FATE_51 && w->state != FINAL && w->bank->settings.retry;
    if (again && fen > h->balance_fen)
        fprintf(out, "，尚差%s元，请于%s前存入，届时自动再扣。\n", money_format(fen - h->balance_fen, more, sizeof more),
                day_format(w->header.retry_until, day, sizeof day));
    else if (again) fputs("，将自动再扣。\n", out);
    else fputs("，请到银行柜台或电力营业厅缴纳。\n", out);
}

int withhold_notices(struct withhold *w, FILE *out, struct error *err)
{
    char text[LIST_TEXT_SIZE + 1], *fields[FIELDS];
    struct copied row;
    struct holder h;
    int got;
    int64_t number = 0;
    rewind(w->layout.copy);
    while ((got = layout_next_copied(&w->layout, &row, text)) == 1 && number < w->sums.records) {
        enum fate fate = (enum fate)w->fates[++number];
        if (fate == FATE_NONE || fate >= FATE_DEBITED) continue;
        if (!split(text, row.len, fields)) got = -1;
        else if (read_holder(w, fields[4], &h, err) != 0) return -1;
        else tell(w, out, fields, fate, row.fen, &h);
        if (got < 0) break;
    }
    if (got < 0 || fflush(out) != 0 || ferror(out))
        return error_all(err, "the notices are not whole", w->path, "books or disk failed", "ask for them again");
    return 0;
}
