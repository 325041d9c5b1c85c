#include "branchd/branchd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/text.h"

#define AT(member) SETTING_AT(struct branch_settings, member)
#define HOUR INT64_C(3600000)
#define HEX_LEN ((size_t)2 * SECRET_KEY_BYTES)

const struct setting branch_setting_table[] = {
    {"branch", "bank", SETTING_TEXT, AT(bank), 0, 0, "102", "Number of the bank on the wire: 102 ICBC, 103 ABC, 104 BOC, 105 CCB."},
    {"branch", "bank_name", SETTING_TEXT, AT(bank_name), 0, 0, "中国工商银行", "The bank's name in Chinese, on screens and papers."},
    {"branch", "bank_name_en", SETTING_TEXT, AT(bank_name_en), 0, 0, "ICBC", "The bank's name in English."},
    {"branch", "id", SETTING_TEXT, AT(branch), 0, 0, "0311-0007", "Number of this branch; a part of every payment's key, fixed once the ledger stands."},
    {"branch", "name", SETTING_TEXT, AT(branch_name), 0, 0, "深州支行", "The branch's name in Chinese."},
    {"branch", "name_en", SETTING_TEXT, AT(branch_name_en), 0, 0, "Shenzhou Branch", "The branch's name in English."},
    {"branch", "utility_name", SETTING_TEXT, AT(utility_name), 0, 0, "深州市供电公司", "The utility's name in Chinese."},
    {"branch", "utility_name_en", SETTING_TEXT, AT(utility_name_en), 0, 0, "Shenzhou Power Supply", "The utility's name in English."},
    {"branch", "tills", SETTING_TEXT, AT(tills), 0, 0, "", "Terminals and their tills, as 03:07 04:08. Empty: any terminal of two digits, its till bears the same number."},
    {"branch", "language", SETTING_TEXT, AT(language), 0, 0, "zh_CN", "Language of papers: zh_CN or en."},
    {"ledger", "path", SETTING_PATH, AT(ledger), 0, 0, "branch.db", "The ledger: a file on a local disk."},
    {"ledger", "audit_key", SETTING_PATH, AT(audit_key), 0, 0, "audit.key", "Key of the audit chain; keep a copy away from this machine."},
    {"ledger", "copy", SETTING_PATH, AT(copy), 0, 0, "copy.db", "The branch's copy of the bills; fetched again when it is lost."},
    {"serve", "socket", SETTING_PATH, AT(socket), 0, 0, "branchd.sock", "Socket of the counters."},
    {"serve", "printers", SETTING_PATH, AT(printers), 0, 0, "printers.json", "Which printer belongs to which terminal; written when a technician binds one."},
    {"serve", "system_calls", SETTING_TEXT, AT(system_calls), 0, 0, CONFINE_PRESET, CONFINE_MEANING},
    {"link", "address", SETTING_TEXT, AT(address), 0, 0, "127.0.0.1:9102", "Numeric address and port of the bank's front end."},
    {"link", "peer", SETTING_TEXT, AT(peer), 0, 0, "bank-102", "Name that its certificate must bear."},
    {"link", "ca", SETTING_PATH, AT(ca), 0, 0, "ca.crt", "Certificate of the private CA."},
    {"link", "certificate", SETTING_PATH, AT(cert), 0, 0, "branch.crt", "This branch's certificate."},
    {"link", "key", SETTING_PATH, AT(key), 0, 0, "branch.key", "Its key; readable by the daemon's user alone."},
    {"link", "answer", SETTING_SECONDS, AT(answer_ms), 200, 60000, "3s", "A payment without an answer for so long is shown as \"no answer\"."},
    {"link", "inquiry", SETTING_SECONDS, AT(inquiry_ms), 100, 60000, "2s", "A look-up without an answer for so long is answered from the copy."},
    {"link", "advice", SETTING_SECONDS, AT(advice_ms), 500, 120000, "10s", "An advice without an answer for so long is sent again."},
    {"link", "again", SETTING_SECONDS, AT(again_ms), 100, 600000, "5s", "A payment or advice without a final answer is asked again after so long."},
    {"link", "feed", SETTING_SECONDS, AT(feed_ms), 1000, 24 * HOUR, "60s", "The copy of the bills is brought up to date so often."},
    {"link", "agreement", SETTING_SECONDS, AT(agree_ms), 1000, 24 * HOUR, "5min", "A closed day that is not agreed is asked again so often."},
    {"link", "window", SETTING_INT, AT(window), 1, 256, "64", "Advices on their way at once; payments at a counter always go first."},
    {"link", "drain", SETTING_INT, AT(drain_per_s), 1, 100000, "5000", "Most advices a second while the queue drains."},
    {"offline", "single", SETTING_MONEY, AT(offline_single_fen), 0, 0, "5000.00", "Largest payment off line; 0.00: none is taken."},
    {"offline", "day", SETTING_MONEY, AT(offline_day_fen), 0, 0, "200000.00", "Most that is taken off line in a day."},
    {"offline", "count", SETTING_INT, AT(offline_day_count), 0, 1000000, "1000", "Most payments off line in a day."},
    {"offline", "copy_age", SETTING_SECONDS, AT(copy_age_ms), 60000, 720 * HOUR, "24h", "A copy of the bills older than this is not paid from."},
    {"till", "limit", SETTING_MONEY, AT(till_limit_fen), 0, 0, "50000.00", "Cash in a till above this is warned of."},
    {"till", "second_person", SETTING_MONEY, AT(second_person_fen), 0, 0, "50000.00", "Cash in one payment above this needs a supervisor."},
    {"till", "spoil_alone", SETTING_INT, AT(spoil_alone), 0, 1000, "3", "Spoilt invoices of a teller and day without a second person."},
    {"till", "tender_warn", SETTING_MONEY, AT(tender_warn_fen), 0, 0, "10000.00", "A tender above this is asked about once more."},
    {"operators", "lock_out", SETTING_SECONDS, AT(lock_out_ms), 60000, 24 * HOUR, "30min", "Five wrong passwords lock an operator out for so long."},
    {"operators", "approval", SETTING_SECONDS, AT(approval_ms), 10000, 600000, "2min", "A second person's word is good for so long."},
    {"approval", "code", SETTING_BOOL, AT(approval_code), 0, 0, "no", "Whoever approves gives a one-time code (RFC 6238) beside his password; two supervisors make each his own first."},
    {"paper", "invoice", SETTING_TEXT, AT(invoice_template), 0, 0, "receipt-80", "Template of invoices where a printer's binding names none."},
    {"paper", "copy", SETTING_TEXT, AT(copy_template), 0, 0, "receipt-80", "Template of copies on plain paper. A printer on a roll or on continuous paper takes the form of its own width, here and below."},
    {"paper", "prepay", SETTING_TEXT, AT(prepay_template), 0, 0, "prepay-80", "Template of a receipt of money paid in advance."},
    {"paper", "handback", SETTING_TEXT, AT(handback_template), 0, 0, "handback-80", "Template of the slip for money given back."},
    {"paper", "counterfeit", SETTING_TEXT, AT(counterfeit_template), 0, 0, "counterfeit-80", "Template of the receipt for a counterfeit note."},
    {"paper", "account", SETTING_TEXT, AT(account_template), 0, 0, "account-80", "Template of a receipt of a special account: deposit, withdrawal."},
    {"paper", "agreement", SETTING_TEXT, AT(agreement_template), 0, 0, "agreement-a4", "Template of a special account's agreement, printed in two copies."},
    {"paper", "passbook", SETTING_TEXT, AT(passbook_template), 0, 0, "passbook", "Template of the lines of a passbook."},
    {"paper", "media", SETTING_TEXT, AT(media), 0, 0, "roll-80", "Media where a printer's binding names none."},
    {"accounts", "bank_key", SETTING_TEXT, AT(bank_key), 0, 0, "", "Public key of the bank, 64 hex digits, to which customers' passwords are sealed: \"bankd account key\" says it. Empty: no password can be typed."},
    {"clock", "shift_s", SETTING_INT, AT(shift_s), 0, 0, "0", "Seconds added to the machine's clock: for demonstrations on another day."},
    {"clock", "utc_offset", SETTING_OFFSET, AT(offset_s), 0, 0, "+08:00", "Local civil time less UTC."},
};
const size_t branch_setting_count = sizeof branch_setting_table / sizeof *branch_setting_table;

int branch_open(void *program, const char *path, struct error *err)
{
    struct branch *b = program;
    const struct branch_settings *s = &b->settings;
    if (settings_load(path, branch_setting_table, branch_setting_count, &b->settings, err) != 0) return -1;
    b->clock = clock_system(s->offset_s, s->shift_s);
    b->rules = (struct ledger_rules){
        .offline_single_fen = s->offline_single_fen, .offline_day_fen = s->offline_day_fen,
        .offline_day_count = s->offline_day_count, .till_limit_fen = s->till_limit_fen,
        .second_person_fen = s->second_person_fen, .spoil_alone_a_day = (int)s->spoil_alone,
        .lock_out_ms = s->lock_out_ms, .approval_ms = s->approval_ms, .approval_code = s->approval_code,
    };
    return 0;
}

/* --- what the ledger needs from outside ------------------------------------------ */

static int key_refused(const char *path, const char *why, const char *remedy, struct error *err)
{
    return error_all(err, "cannot have the key of the audit chain", path, why, remedy);
}

static int make_key(const char *path, unsigned char key[SECRET_KEY_BYTES], struct error *err)
{
    char hex[HEX_LEN + 2];
    struct entropy chance = entropy_system();
    entropy_fill(&chance, key, SECRET_KEY_BYTES);
    secret_hex(key, SECRET_KEY_BYTES, hex, sizeof hex - 1);
    memcpy(hex + HEX_LEN, "\n", 2);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return key_refused(path, strerror(errno), "move the old key away, with the ledger that it belongs to", err);
    bool good = write(fd, hex, sizeof hex - 1) == (ssize_t)(sizeof hex - 1) && fsync(fd) == 0;
    if (close(fd) != 0 || !good) {
        unlink(path);
        return key_refused(path, "it could not be written", "look at the disk", err);
    }
    secret_wipe(hex, sizeof hex);
    return 0;
}

static int read_key(const char *path, unsigned char key[SECRET_KEY_BYTES], struct error *err)
{
    char hex[HEX_LEN + 2] = "";
    if (guard_secret("cannot have the key of the audit chain", path, err) != 0) return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return key_refused(path, strerror(errno), "\"branchd init\" makes it; after a restore bring the copy back", err);
    ssize_t got = read(fd, hex, sizeof hex - 1);
    close(fd);
    if (got < (ssize_t)HEX_LEN) return key_refused(path, "it holds no 64 hex digits", "bring the copy back", err);
    hex[HEX_LEN] = '\0';
    bool good = secret_from_hex(hex, key, SECRET_KEY_BYTES);
    secret_wipe(hex, sizeof hex);
    return good ? 0 : key_refused(path, "it holds no 64 hex digits", "bring the copy back", err);
}

int branch_world(struct branch *b, bool make, struct error *err)
{
    b->world.clock = b->clock;
    b->world.entropy = entropy_system();
    b->world.cost = secret_cost_interactive();
    b->world.pack = branch_pack;
    b->world.pack_ctx = b;
    return make ? make_key(b->settings.audit_key, b->world.audit_key, err)
                : read_key(b->settings.audit_key, b->world.audit_key, err);
}

/* --- terminals and tills ---------------------------------------------------------- */

static bool two_digits(const char *text) { return text_digits(text) && strlen(text) == 2; }

bool branch_till(const struct branch *b, const char *terminal, char till[LEDGER_TILL_SIZE])
{
    size_t len = strlen(terminal);
    if (len == 0 || len >= LEDGER_TERMINAL_SIZE || !text_alnum(terminal)) return false;
    if (b->settings.tills[0] == '\0') return two_digits(terminal) && text_copy(till, LEDGER_TILL_SIZE, terminal);
    for (const char *at = b->settings.tills; *at;) {
        while (isspace((unsigned char)*at))
            at++;
        size_t word = strcspn(at, " \t");
        if (word == len + 3 && strncmp(at, terminal, len) == 0 && at[len] == ':') {
            snprintf(till, LEDGER_TILL_SIZE, "%.2s", at + len + 1);
            return two_digits(till);
        }
        at += word;
    }
    return false;
}
