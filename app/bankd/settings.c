#include "bankd/bank.h"

#define AT(member) SETTING_AT(struct bank_settings, member)

const struct setting bank_setting_table[] = {
    {"bank", "id", SETTING_TEXT, AT(id), 0, 0, "102", "Number of this bank (DE 32): 102 ICBC, 103 ABC, 104 BOC, 105 CCB."},
    {"bank", "name", SETTING_TEXT, AT(name), 0, 0, "中国工商银行深州市支行", "Its name in Chinese."},
    {"bank", "name_en", SETTING_TEXT, AT(name_en), 0, 0, "ICBC Shenzhou", "Its name in English."},
    {"serve", "listen", SETTING_TEXT, AT(listen), 0, 0, "127.0.0.1:9102", "Numeric address and port for the branches; port 0 takes a free one."},
    {"serve", "policy", SETTING_PATH, AT(policy), 0, 0, "policy", "Access policy: which certificate may speak for which branches, with which messages. Read again at SIGHUP."},
    {"serve", "ca", SETTING_PATH, AT(ca), 0, 0, "ca.crt", "Certificate of the private CA."},
    {"serve", "certificate", SETTING_PATH, AT(cert), 0, 0, "bank.crt", "This station's certificate. Read again at SIGHUP."},
    {"serve", "key", SETTING_PATH, AT(key), 0, 0, "bank.key", "Its key; readable by the daemon's user alone."},
    {"serve", "connections", SETTING_INT, AT(connections), 1, 20000, "4096", "Most connections at a time; a newcomer then takes the place of the oldest that has shown no certificate."},
    {"serve", "connections_per_address", SETTING_INT, AT(per_address), 1, 20000, "256", "Most connections from one address."},
    {"serve", "connections_per_certificate", SETTING_INT, AT(per_certificate), 1, 256, "8", "Most live sessions of one certificate; from the second on each is an alarm."},
    {"serve", "waiting_per_branch", SETTING_INT, AT(waiting), 1, 100000, "1024", "Messages of one branch that may wait, sent on or queued; one more is answered 91, an advice not at all."},
    {"serve", "system_calls", SETTING_TEXT, AT(system_calls), 0, 0, CONFINE_PRESET, CONFINE_MEANING},
    {"utility", "address", SETTING_TEXT, AT(utility), 0, 0, "127.0.0.1:9101", "Numeric address and port of the utility's front end; several, separated by commas, are used in turn."},
    {"utility", "station", SETTING_TEXT, AT(utility_name), 0, 0, "utility", "The name that its certificate must bear."},
    {"utility", "connections", SETTING_INT, AT(links), 1, 16, "2", "Connections to the utility. One branch always uses one of them while it is up."},
    {"utility", "window", SETTING_INT, AT(window), 1, 100000, "2048", "Most unanswered messages on one connection; what comes beyond it waits here, branch by branch in turn."},
    {"utility", "answer_within", SETTING_SECONDS, AT(answer_ms), 50, 60000, "2500ms", "Then a request that was sent on is answered 68, one that was not 91. Shorter than the branches' own time-out (3s), so that they hear which of both it is."},
    {"utility", "cutover", SETTING_SECONDS, AT(cutover_ms), 0, 86399999, "0s", "When the bank itself takes the business day as over, after midnight (17h, 1050min), though the utility has not said so; not before the utility's own hour. 0s: when the utility says so."},
    {"utility", "totals_after", SETTING_SECONDS, AT(totals_after_ms), 0, 86400000, "60s", "So long after the utility's business day is over its totals of the whole bank are asked for."},
    {"utility", "totals_again", SETTING_SECONDS, AT(totals_again_ms), 1000, 86400000, "1h", "A day that is out of balance, or got no answer, is asked again so often, for three days."},
    {"store", "path", SETTING_PATH, AT(store), 0, 0, "bank.db", "The bank's books with the journal: a SQLite file on a local disk, or postgresql://user@host/database. Without a password in it: PostgreSQL takes that from ~/.pgpass."},
    {"store", "work", SETTING_PATH, AT(work), 0, 0, ".", "With PostgreSQL: local folder for what the journal has not committed yet, and for a withholding's temporary files. (A SQLite file has them beside it.)"},
    {"store", "commit_every", SETTING_SECONDS, AT(commit_ms), 1, 5000, "20ms", "How long the journal gathers before it is made durable. A killed relay loses nothing of it, a power cut so much; money is kept elsewhere."},
    {"store", "keep_days", SETTING_INT, AT(keep_days), 1, 36500, "400", "Journal entries older than that are dropped."},
    {"status", "socket", SETTING_PATH, AT(socket), 0, 0, "bankd.sock", "Local socket that the status is asked at."},
    {"status", "metrics", SETTING_PATH, AT(metrics), 0, 0, "", "File for measures in Prometheus' text format (the node exporter's textfile collector reads it); empty: none."},
    {"status", "metrics_every", SETTING_SECONDS, AT(metrics_ms), 100, 3600000, "15s", "How often that file is written."},
    {"accounts", "key", SETTING_PATH, AT(box_key), 0, 0, "", "Secret key that customers' account passwords are sealed for (bankd account key makes it); readable by the daemon's user alone; empty: no passwords, books and a second person only."},
    {"accounts", "again", SETTING_SECONDS, AT(again_ms), 100, 3600000, "10s", "A payment from an account that the utility has not answered is asked again so often; its money is held until then."},
    {"withhold", "retry", SETTING_BOOL, AT(retry), 0, 0, "no", "Rows without enough money are tried again once a day (bankd withhold retry), until the list's own last day for it."},
    {"withhold", "results", SETTING_PATH, AT(results), 0, 0, ".", "Folder for the result files."},
    {"withhold", "certificate", SETTING_PATH, AT(files_cert), 0, 0, "", "Certificate for fetching lists and sending results, so that they are no second session of the relay's; empty: the relay's."},
    {"withhold", "key", SETTING_PATH, AT(files_key), 0, 0, "", "Its key."},
    {"clock", "shift_s", SETTING_INT, AT(shift_s), 0, 0, "0", "Seconds added to the machine's clock: for demonstrations on another day."},
    {"clock", "utc_offset", SETTING_OFFSET, AT(offset_s), 0, 0, "+08:00", "Local civil time less UTC."},
};
const size_t bank_setting_count = sizeof bank_setting_table / sizeof *bank_setting_table;

int bank_open(struct bank *b, const char *path, struct error *err)
{
    if (settings_load(path, bank_setting_table, bank_setting_count, &b->settings, err) != 0) return -1;
    b->clock = clock_system(b->settings.offset_s, b->settings.shift_s);
    return 0;
}
