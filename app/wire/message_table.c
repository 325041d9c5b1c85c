/* The message set and the response codes: one row each. PROTOCOL.md describes
 * the same rows for people. */
#include "wire/message_table.h"

#define LOW(n) (UINT64_C(1) << (64 - (n)))   /* fields 1 to 64 */
#define HIGH(n) (UINT64_C(1) << (128 - (n))) /* fields 65 to 128 */

/* Who, where, when, which: what every business message bears. */
#define WHO (LOW(7) | LOW(11) | LOW(12) | LOW(13) | LOW(32) | LOW(37) | LOW(41) | LOW(42))
#define HEAD (LOW(3) | LOW(15) | WHO)
#define MONEY (LOW(4) | LOW(49))
#define CODE LOW(39)
#define TAGS LOW(48)
#define APPROVAL LOW(38)
#define CUSTOMER HIGH(103)
#define ACCOUNT HIGH(102)
#define ORIGINAL HIGH(90)
#define RECORDS (HIGH(120) | HIGH(121) | HIGH(122) | HIGH(123) | HIGH(124) | HIGH(125) | HIGH(126) | HIGH(127))
#define COUNTS (HIGH(74) | HIGH(75) | HIGH(76) | HIGH(77) | HIGH(86) | HIGH(87) | HIGH(88) | HIGH(89) | HIGH(97))
#define NETWORK (LOW(7) | LOW(11))
#define STATION (LOW(32) | LOW(33) | LOW(37) | LOW(41) | LOW(42))
#define ANY -1

const struct message_row message_rows[] = {
    /* network management */
    {"0800", ANY, {NETWORK, HIGH(70)}, {STATION | TAGS, 0}, "sign on, sign off, cut-over, echo"},
    {"0810", ANY, {NETWORK | CODE, HIGH(70)}, {STATION | TAGS, 0}, "its answer"},
    /* inquiries */
    {"0100", PROC_BILLS, {LOW(3) | WHO, CUSTOMER}, {LOW(15) | TAGS, 0}, "bills of a customer"},
    {"0100", PROC_BILL, {LOW(3) | WHO | TAGS, CUSTOMER}, {LOW(15), 0}, "one bill"},
    {"0100", PROC_SEARCH, {LOW(3) | WHO | TAGS, 0}, {LOW(15), 0}, "search for a customer"},
    {"0100", PROC_STATE, {LOW(3) | WHO, 0}, {LOW(15) | TAGS, 0}, "state of a payment"},
    {"0100", PROC_BALANCE, {LOW(3) | WHO, 0}, {LOW(15) | TAGS, ACCOUNT | CUSTOMER}, "balance and unprinted lines"},
    {"0100", PROC_STATEMENT, {LOW(3) | WHO, 0}, {LOW(15) | TAGS, ACCOUNT | CUSTOMER}, "statement"},
    {"0110", ANY, {LOW(3) | WHO | CODE, 0}, {LOW(15) | APPROVAL | TAGS, CUSTOMER | ACCOUNT | RECORDS}, "answer to an inquiry"},
    /* money, on line */
    {"0200", PROC_CASH, {HEAD | MONEY | TAGS, CUSTOMER}, {0, 0}, "payment in cash"},
    {"0200", PROC_ACCOUNT, {HEAD | MONEY | TAGS, CUSTOMER | ACCOUNT}, {0, 0}, "payment from a special account"},
    {"0200", PROC_REFUND, {HEAD | MONEY | TAGS, CUSTOMER}, {0, 0}, "refund of a credit"},
    {"0200", PROC_TRANSFER, {HEAD | MONEY | TAGS, CUSTOMER}, {0, 0}, "transfer of a posted payment"},
    {"0200", PROC_DEPOSIT, {HEAD | MONEY, ACCOUNT}, {TAGS, CUSTOMER}, "deposit"},
    {"0200", PROC_WITHDRAW, {HEAD | MONEY | TAGS, ACCOUNT}, {0, CUSTOMER}, "withdrawal"},
    {"0200", PROC_PASSBOOK, {HEAD | TAGS, ACCOUNT}, {0, 0}, "passbook notice"},
    {"0200", PROC_OPEN, {HEAD | TAGS, 0}, {MONEY, CUSTOMER | ACCOUNT}, "open an account"},
    {"0200", PROC_LINK, {HEAD | TAGS, CUSTOMER | ACCOUNT}, {0, 0}, "link or unlink a customer"},
    {"0200", PROC_FREEZE, {HEAD | TAGS, ACCOUNT}, {0, 0}, "freeze or unfreeze"},
    {"0200", PROC_CLOSE, {HEAD | TAGS, ACCOUNT}, {MONEY, 0}, "close an account"},
    {"0210", ANY, {HEAD | CODE, 0}, {MONEY | APPROVAL | TAGS, CUSTOMER | ACCOUNT | RECORDS}, "answer to a payment"},
    /* money, already taken */
    {"0220", PROC_CASH, {HEAD | MONEY | TAGS, CUSTOMER}, {0, 0}, "payment advice"},
    {"0220", PROC_INVOICE, {HEAD | TAGS, 0}, {0, CUSTOMER}, "invoice notice"},
    {"0230", ANY, {HEAD | CODE, 0}, {MONEY | APPROVAL | TAGS, CUSTOMER}, "answer to an advice"},
    /* money, given back */
    {"0400", ANY, {HEAD | LOW(4), ORIGINAL}, {LOW(49) | TAGS, CUSTOMER | ACCOUNT}, "reversal"},
    {"0410", ANY, {HEAD | CODE, 0}, {MONEY | APPROVAL | TAGS, CUSTOMER | ACCOUNT | ORIGINAL}, "its answer"},
    {"0420", ANY, {HEAD | LOW(4), ORIGINAL}, {LOW(49) | TAGS, CUSTOMER | ACCOUNT}, "reversal advice"},
    {"0430", ANY, {HEAD | CODE, 0}, {MONEY | APPROVAL | TAGS, CUSTOMER | ACCOUNT | ORIGINAL}, "its answer"},
    /* totals, files */
    {"0500", ANY, {NETWORK | LOW(15) | LOW(32) | LOW(37), COUNTS}, {LOW(12) | LOW(13) | LOW(41) | LOW(42) | LOW(49) | TAGS, 0}, "totals"},
    {"0510", ANY, {NETWORK | LOW(15) | LOW(32) | LOW(37) | CODE, 0}, {LOW(12) | LOW(13) | LOW(41) | LOW(42) | LOW(49) | TAGS, HIGH(66) | COUNTS}, "their answer"},
    {"0300", ANY, {NETWORK | LOW(32) | LOW(37) | TAGS, HIGH(91) | HIGH(101)}, {LOW(12) | LOW(13) | LOW(15) | LOW(41) | LOW(42), RECORDS}, "file action"},
    {"0310", ANY, {NETWORK | LOW(32) | LOW(37) | CODE, HIGH(101)}, {LOW(12) | LOW(13) | LOW(15) | LOW(41) | LOW(42) | TAGS, HIGH(91) | RECORDS}, "its answer"},
};
const size_t message_row_count = sizeof message_rows / sizeof *message_rows;

const struct code_spec code_specs[] = {
    {"00", VERDICT_APPROVED, AGAIN_NEVER, "approved"},
    {"12", VERDICT_REFUSED, AGAIN_NEVER, "this key was undone"},
    {"13", VERDICT_REFUSED, AGAIN_NEVER, "invalid amount"},
    {"14", VERDICT_REFUSED, AGAIN_NEVER, "no such customer or account"},
    {"25", VERDICT_REFUSED, AGAIN_NEVER, "original not found"},
    {"30", VERDICT_UNKNOWN, AGAIN_NEVER, "format error"},
    {"51", VERDICT_REFUSED, AGAIN_NEVER, "not enough money"},
    {"55", VERDICT_REFUSED, AGAIN_NOW, "wrong password"},
    {"57", VERDICT_REFUSED, AGAIN_NEVER, "not permitted at this terminal or for this account"},
    {"58", VERDICT_UNKNOWN, AGAIN_NEVER, "not permitted for this certificate"},
    {"61", VERDICT_REFUSED, AGAIN_NEVER, "over the limit"},
    {"62", VERDICT_REFUSED, AGAIN_NEVER, "account frozen or closed"},
    {"68", VERDICT_UNKNOWN, AGAIN_NOW, "sent on, no answer in time"},
    {"76", VERDICT_REFUSED, AGAIN_NEVER, "already paid"},
    {"77", VERDICT_REFUSED, AGAIN_NEVER, "outside the collection window"},
    {"78", VERDICT_REFUSED, AGAIN_NOW, "the amount is not the bill's today"},
    {"79", VERDICT_REFUSED, AGAIN_NEVER, "an older bill is unpaid"},
    {"80", VERDICT_REFUSED, AGAIN_LATER, "the bill is out with a bank for withholding"},
    {"91", VERDICT_UNKNOWN, AGAIN_LATER, "not sent on"},
    {"94", VERDICT_UNKNOWN, AGAIN_NEVER, "key used with other content"},
    {"96", VERDICT_UNKNOWN, AGAIN_LATER, "system error, nothing was posted"},
    {"98", VERDICT_REFUSED, AGAIN_NEVER, "business day closed"},
};
const size_t code_spec_count = sizeof code_specs / sizeof *code_specs;
