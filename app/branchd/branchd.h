/* The branch's daemon: settings, clock, what main picks from. */
#ifndef BRANCHD_BRANCHD_H
#define BRANCHD_BRANCHD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/error.h"
#include "base/settings.h"
#include "ledger/ledger.h"

#define BRANCH_VERSION "1.0"
#define BRANCH_PATH 256
#define BRANCH_NAME 128

struct branch_settings {
    char bank[KEY_BANK_SIZE], bank_name[BRANCH_NAME], bank_name_en[BRANCH_NAME];
    char branch[KEY_BRANCH_SIZE], branch_name[BRANCH_NAME], branch_name_en[BRANCH_NAME];
    char utility_name[BRANCH_NAME], utility_name_en[BRANCH_NAME];
    char tills[1024], language[8];
    char ledger[BRANCH_PATH], audit_key[BRANCH_PATH], copy[BRANCH_PATH], socket[BRANCH_PATH], printers[BRANCH_PATH];
    char address[64], peer[65], ca[BRANCH_PATH], cert[BRANCH_PATH], key[BRANCH_PATH];
    int64_t answer_ms, inquiry_ms, advice_ms, again_ms, feed_ms, agree_ms;
    int64_t window, drain_per_s;
    int64_t offline_single_fen, offline_day_fen, offline_day_count, copy_age_ms;
    int64_t till_limit_fen, second_person_fen, spoil_alone, tender_warn_fen;
    int64_t lock_out_ms, approval_ms;
    bool approval_code;
    char invoice_template[64], copy_template[64], prepay_template[64], handback_template[64], counterfeit_template[64], media[64];
    char system_calls[CONFINE_WORD_SIZE];
    char account_template[64], agreement_template[64], passbook_template[64], bank_key[72];
    int64_t shift_s;
    int32_t offset_s;
};
extern const struct setting branch_setting_table[];
extern const size_t branch_setting_count;

struct branch {
    struct branch_settings settings;
    struct clock clock;
    struct ledger_world world; /* audit key read by branch_world */
    struct ledger_rules rules;
};
/* Settings from path (NULL: the defaults), clock and rules. program is a struct branch. */
int branch_open(void *program, const char *path, struct error *err);
/* Readies what the ledger needs from outside; reads the audit key, or (make) makes it, 0600. */
int branch_world(struct branch *b, bool make, struct error *err);
/* The till of a terminal by the settings; false: no terminal of this branch. */
bool branch_till(const struct branch *b, const char *terminal, char till[LEDGER_TILL_SIZE]);
/* The ledger's messages as final bytes: ledger_world.pack, ctx is a struct branch. */
int branch_pack(void *ctx, const struct ledger_message *message, uint8_t *bytes, size_t size, struct error *err);

/* Commands: program is a struct branch; argv[0] is the command's name. Each returns a sysexits code. */
int cmd_init(void *program, int argc, char **argv);
int cmd_operator(void *program, int argc, char **argv);
int cmd_day(void *program, int argc, char **argv);
int cmd_serve(void *program, int argc, char **argv);
int cmd_verify(void *program, int argc, char **argv);
int cmd_backup(void *program, int argc, char **argv);
int cmd_restore(void *program, int argc, char **argv);
int cmd_journal(void *program, int argc, char **argv);
int cmd_paper(void *program, int argc, char **argv);
int cmd_status(void *program, int argc, char **argv);
int cmd_audit(void *program, int argc, char **argv);

#endif
