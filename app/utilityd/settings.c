#include "utilityd/utilityd.h"

#define AT(member) SETTING_AT(struct utility_settings, member)

const struct setting utility_setting_table[] = {
    {"utility", "id", SETTING_TEXT, AT(id), 0, 0, "0311", "Number of the utility, as it stands in the files."},
    {"utility", "name", SETTING_TEXT, AT(name), 0, 0, "深州市供电公司", "Its name in Chinese."},
    {"utility", "name_en", SETTING_TEXT, AT(name_en), 0, 0, "Shenzhou Power Supply", "Its name in English."},
    {"store", "path", SETTING_PATH, AT(store), 0, 0, "utility.db", "The books: a SQLite file on a local disk, or postgresql://user@host/database. Without a password in it: PostgreSQL takes that from ~/.pgpass."},
    {"serve", "listen", SETTING_TEXT, AT(listen), 0, 0, "127.0.0.1:9101", "Numeric address and port for the banks; port 0 takes a free one."},
    {"serve", "policy", SETTING_PATH, AT(policy), 0, 0, "policy", "Access policy: which certificate may speak for which bank and branches."},
    {"serve", "ca", SETTING_PATH, AT(ca), 0, 0, "ca.crt", "Certificate of the private CA."},
    {"serve", "certificate", SETTING_PATH, AT(cert), 0, 0, "utility.crt", "This station's certificate."},
    {"serve", "key", SETTING_PATH, AT(key), 0, 0, "utility.key", "Its key; readable by the daemon's user alone."},
    {"serve", "connections_per_address", SETTING_INT, AT(per_address), 1, 20000, "256", "Most connections from one address."},
    {"serve", "connections_per_certificate", SETTING_INT, AT(sessions), 1, 256, "8", "More live sessions of one certificate are an alarm, and so is a second one from another address."},
    {"serve", "system_calls", SETTING_TEXT, AT(system_calls), 0, 0, CONFINE_PRESET, CONFINE_MEANING},
    {"rules", "cutover", SETTING_SECONDS, AT(cutover_ms), 0, 86399999, "0s", "When the business day goes on, after midnight: 17h, 1050min. 0s: at midnight, or by utilityd cutover."},
    {"rules", "oldest_first", SETTING_BOOL, AT(oldest_first), 0, 0, "yes", "Older bills are paid before younger ones."},
    {"rules", "next_year_permille", SETTING_INT, AT(next_year_permille), 0, 1000, "3", "Late fee a day, per mille, after 31 December of the due date's year, for all but residents."},
    {"rules", "late_fee_minimum", SETTING_MONEY, AT(minimum_fen), 0, 0, "0.00", "Least late fee of a bill; 0.00: none. The rules of 1996 say 1.00."},
    {"rules", "late_fee_cap", SETTING_MONEY, AT(cap_fen), 0, 0, "0.00", "Highest late fee of a bill; 0.00: none."},
    {"rules", "advice_days", SETTING_INT, AT(advice_days), 0, 366, "5", "An advice for cash taken longer ago is posted and flagged."},
    {"rules", "close_after_days", SETTING_INT, AT(close_after_days), 1, 366, "3", "A branch's day that was never agreed closes so many days later."},
    {"withhold", "retry_days", SETTING_INT, AT(retry_days), 0, 60, "5", "A list allows the bank so many days for trying again."},
    {"withhold", "result_days", SETTING_INT, AT(result_days), 0, 90, "8", "So many days after the list was made its bills are given up, unless the final result is in."},
    {"withhold", "pay_days", SETTING_INT, AT(pay_days), 1, 366, "10", "So many days a customer whose debit failed has for paying at a counter: the bill's window is made longer if need be."},
    {"invoice", "series", SETTING_TEXT, AT(series), 0, 0, "W0311", "Invoice code of those that are printed here, for transfer customers."},
    {"invoice", "templates", SETTING_PATH, AT(templates), 0, 0, "printer-templates", "Folder of the printing templates."},
    {"clock", "shift_s", SETTING_INT, AT(shift_s), 0, 0, "0", "Seconds added to the machine's clock: for demonstrations on another day."},
    {"clock", "utc_offset", SETTING_OFFSET, AT(offset_s), 0, 0, "+08:00", "Local civil time less UTC."},
};
const size_t utility_setting_count = sizeof utility_setting_table / sizeof *utility_setting_table;

int utility_open(struct utility *u, const char *path, struct error *err)
{
    if (settings_load(path, utility_setting_table, utility_setting_count, &u->settings, err) != 0) return -1;
    u->clock = clock_system(u->settings.offset_s, u->settings.shift_s);
    atomic_init(&u->business, DAY_NONE);
    return 0;
}
