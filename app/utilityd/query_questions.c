/* The questions. Every row begins with an id that is not printed: --follow goes on
 * behind it. */
#include "base/key.h"
#include "utilityd/query.h"

#define STATE "CASE p.state WHEN 1 THEN 'declined' WHEN 2 THEN 'posted' WHEN 3 THEN 'tombstone' WHEN 4 THEN 'undone' ELSE 'reversed' END"
#define KEY "s.bank, s.branch, p.reference"

const struct question query_questions[] = {
    {.name = "customer",
     .select = "SELECT b.id, b.number, b.period, b.kwh, b.amount_fen, b.covered_fen, b.due, b.first_day, b.last_day,"
               " CASE b.state WHEN 0 THEN 'open' WHEN 1 THEN 'paid' WHEN 2 THEN 'withheld' ELSE 'withdrawn' END,"
               " coalesce(s.bank, ''), coalesce(s.branch, ''), coalesce(p.reference, -1), CASE WHEN b.paid_by=0 THEN 'credit' WHEN b.paid_by<0 THEN 'withholding' ELSE '' END"
               " FROM bill b LEFT JOIN payment p ON p.id=b.paid_by LEFT JOIN station s ON s.id=p.station",
     .where = "1=1", .tail = "ORDER BY b.due, b.number", .filters = BY_CUSTOMER, .on = {[4] = "b.customer"},
     .columns = {{"bill", "Bill", QUERY_TEXT, 0, 0}, {"period", "Period", QUERY_TEXT, 0, 0}, {"kwh", "kWh", QUERY_INT, 0, 0},
                 {"amount", "Amount", QUERY_MONEY, 0, 0}, {"covered", "Credit", QUERY_MONEY, 0, 0}, {"due", "Due", QUERY_DAY, 0, 0},
                 {"from", "From", QUERY_DAY, 1, 0}, {"until", "Until", QUERY_DAY, 0, 0}, {"state", "State", QUERY_TEXT, 0, 0},
                 {"paid_by", "Paid by", QUERY_KEY, 1, 0}, {"paid_otherwise", "Otherwise", QUERY_TEXT, 1, 0}}},
    {.name = "arrears",
     .select = "SELECT 0, c.number, c.name, c.supply, count(*), sum(b.amount_fen - b.covered_fen), min(b.due), c.address"
               " FROM bill b JOIN customer c ON c.number=b.customer",
     .where = "b.state IN (0,2) AND b.amount_fen > b.covered_fen", .tail = "GROUP BY c.number, c.name, c.supply, c.address ORDER BY c.number",
     .filters = BY_DAY | BY_STATION | BY_CUSTOMER, .on = {[2] = "b.due", [3] = "c.supply", [4] = "c.number"},
     .columns = {{"customer", "Customer", QUERY_TEXT, 0, 0}, {"name", "Name", QUERY_NAME, 0, 16}, {"station", "Station", QUERY_TEXT, 0, 0},
                 {"bills", "Bills", QUERY_INT, 0, 0}, {"sum", "Sum", QUERY_MONEY, 0, 0}, {"oldest_due", "Oldest due", QUERY_DAY, 0, 0},
                 {"address", "Address", QUERY_TEXT, 1, 0}}},
    {.name = "payments",
     .select = "SELECT p.id, " KEY ", " STATE ", p.code, p.approval, p.customer, c.name, c.supply, p.amount_fen, p.short_fen, p.business,"
               " p.posted_ms, p.flagged FROM payment p JOIN station s ON s.id=p.station LEFT JOIN customer c ON c.number=p.customer",
     .where = "1=1", .tail = "ORDER BY p.id", .filters = BY_BANK | BY_BRANCH | BY_DAY | BY_STATION | BY_CUSTOMER,
     .on = {"s.bank", "s.branch", "p.business", "c.supply", "p.customer"},
     .columns = {{"key", "Key", QUERY_KEY, 0, 0}, {"state", "State", QUERY_TEXT, 0, 0}, {"code", "Code", QUERY_TEXT, 1, 0},
                 {"approval", "Approval", QUERY_TEXT, 1, 0}, {"customer", "Customer", QUERY_TEXT, 0, 0}, {"name", "Name", QUERY_NAME, 0, 6},
                 {"station", "Station", QUERY_TEXT, 1, 0}, {"amount", "Amount", QUERY_MONEY, 0, 0}, {"short", "Short", QUERY_MONEY, 1, 0},
                 {"business_date", "Day", QUERY_DAY, 1, 0}, {"time", "Time", QUERY_TIME, 0, 0}, {"flagged", "Late", QUERY_INT, 1, 0}}},
    {.name = "reversals", /* what --follow shows beside the payments */
     .select = "SELECT r.id, s.bank, s.branch, r.reference, CASE r.mti WHEN '0420' THEN 'undo' ELSE 'reverse' END, r.code, r.maker, r.checker, p.customer, c.name,"
               " c.supply, p.amount_fen, p.business, r.at_ms FROM reversal r JOIN station s ON s.id=r.station"
               " LEFT JOIN payment p ON p.station=r.station AND p.reference=r.reference LEFT JOIN customer c ON c.number=p.customer",
     .where = "1=1", .tail = "ORDER BY r.id", .filters = BY_BANK | BY_BRANCH | BY_DAY | BY_STATION | BY_CUSTOMER,
     .on = {"s.bank", "s.branch", "p.business", "c.supply", "p.customer"},
     .columns = {{"key", "Key", QUERY_KEY, 0, 0}, {"act", "Act", QUERY_TEXT, 0, 0}, {"code", "Code", QUERY_TEXT, 0, 0}, {"maker", "Maker", QUERY_TEXT, 1, 0},
                 {"checker", "Checker", QUERY_TEXT, 1, 0}, {"customer", "Customer", QUERY_TEXT, 0, 0}, {"name", "Name", QUERY_NAME, 1, 6},
                 {"station", "Station", QUERY_TEXT, 1, 0}, {"amount", "Amount", QUERY_MONEY, 0, 0}, {"business_date", "Day", QUERY_DAY, 1, 0},
                 {"time", "Time", QUERY_TIME, 0, 0}}},
    {.name = "key",
     .select = "SELECT p.id, " KEY ", " STATE ", p.code, p.approval, p.customer, p.amount_fen, CASE WHEN t.part < 0 THEN 'prepaid' ELSE coalesce(t.bill, '') END,"
               " CASE t.place WHEN 0 THEN 'bill' WHEN 1 THEN 'credit' WHEN 2 THEN 'suspense' ELSE '' END, coalesce(t.amount_fen, 0), p.short_fen,"
               " p.business, p.taken, p.posted_ms, p.proc FROM payment p JOIN station s ON s.id=p.station LEFT JOIN part t ON t.payment=p.id",
     .where = "1=1", .tail = "ORDER BY t.position", .filters = BY_KEY, .on = {[5] = "s.bank, s.branch, p.reference"},
     .columns = {{"key", "Key", QUERY_KEY, 0, 0}, {"state", "State", QUERY_TEXT, 0, 0}, {"code", "Code", QUERY_TEXT, 1, 0},
                 {"approval", "Approval", QUERY_TEXT, 1, 0}, {"customer", "Customer", QUERY_TEXT, 0, 0}, {"amount", "Amount", QUERY_MONEY, 1, 0},
                 {"bill", "Bill", QUERY_TEXT, 0, 0}, {"place", "Place", QUERY_TEXT, 0, 0}, {"part", "Part", QUERY_MONEY, 0, 0},
                 {"short", "Short", QUERY_MONEY, 1, 0}, {"business_date", "Day", QUERY_DAY, 1, 0}, {"taken", "Taken", QUERY_DAY, 1, 0},
                 {"time", "Time", QUERY_TIME, 1, 0}, {"processing", "Processing", QUERY_INT, 1, 0}}},
    {.name = "withhold",
     .select = "SELECT 0, h.bank, h.batch, w.sequence, w.customer, w.name, w.bill, w.fen, CASE WHEN w.debited_fen>0 THEN CASE w.place WHEN 0 THEN 'debited'"
               " ELSE 'credit' END WHEN w.code='' THEN CASE h.state WHEN 3 THEN 'given up' ELSE 'out' END ELSE 'failed' END, w.code, CASE w.code WHEN '51' THEN"
               " 'not enough money' WHEN '14' THEN 'no such account' WHEN '78' THEN 'name and account do not agree' WHEN '62' THEN 'account frozen or closed'"
               " WHEN '94' THEN 'named twice' WHEN '30' THEN 'no valid account number' ELSE '' END, w.account, w.debited_at, w.reference"
               " FROM withheld w JOIN withholding h ON h.id=w.withholding LEFT JOIN customer c ON c.number=w.customer",
     .where = "1=1", .tail = "ORDER BY h.id, w.sequence", .filters = BY_BANK | BY_STATION | BY_CUSTOMER,
     .on = {[0] = "h.bank", [3] = "c.supply", [4] = "w.customer"},
     .columns = {{"bank", "Bank", QUERY_TEXT, 1, 0}, {"batch", "Batch", QUERY_TEXT, 0, 0}, {"sequence", "Row", QUERY_INT, 1, 0},
                 {"customer", "Customer", QUERY_TEXT, 0, 0}, {"name", "Name", QUERY_NAME, 0, 8}, {"bill", "Bill", QUERY_TEXT, 1, 0},
                 {"amount", "Amount", QUERY_MONEY, 0, 0}, {"state", "State", QUERY_TEXT, 0, 0}, {"code", "Code", QUERY_TEXT, 1, 0},
                 {"why", "Why", QUERY_TEXT, 0, 0}, {"account", "Account", QUERY_TEXT, 1, 0}, {"debited_at", "Debited", QUERY_TEXT, 1, 0},
                 {"reference", "Reference", QUERY_TEXT, 1, 0}}},
    {.name = "totals",
     .select = "SELECT 0, s.bank, s.branch, p.business, sum(CASE WHEN p.state IN (2,5) THEN 1 ELSE 0 END), sum(CASE WHEN p.state IN (2,5) THEN p.amount_fen ELSE 0 END),"
               " sum(CASE WHEN p.state=5 THEN 1 ELSE 0 END), sum(CASE WHEN p.state=5 THEN p.amount_fen ELSE 0 END), sum(CASE WHEN p.state=1 THEN 1 ELSE 0 END),"
               " sum(CASE WHEN p.state=4 THEN 1 ELSE 0 END), sum(p.short_fen),"
               " coalesce((SELECT CASE WHEN d.agreed=1 THEN 'agreed' ELSE 're-opened' END FROM branch_day d WHERE d.station=p.station AND d.business=p.business), 'open')"
               " FROM payment p JOIN station s ON s.id=p.station",
     .where = "p.state<>3", .tail = "GROUP BY s.bank, s.branch, p.station, p.business ORDER BY p.business, s.bank, s.branch",
     .filters = BY_BANK | BY_BRANCH | BY_DAY, .on = {"s.bank", "s.branch", "p.business"},
     .columns = {{"bank", "Bank", QUERY_TEXT, 0, 0}, {"branch", "Branch", QUERY_TEXT, 0, 0}, {"business_date", "Day", QUERY_DAY, 0, 0},
                 {"payments", "Payments", QUERY_INT, 0, 0}, {"sum", "Sum", QUERY_MONEY, 0, 0}, {"reversed", "Reversed", QUERY_INT, 0, 0},
                 {"reversed_sum", "Sum", QUERY_MONEY, 0, 0}, {"declined", "Declined", QUERY_INT, 1, 0}, {"undone", "Undone", QUERY_INT, 1, 0},
                 {"short", "Short", QUERY_MONEY, 1, 0}, {"day", "Totals", QUERY_TEXT, 0, 0}}},
};
const size_t query_question_count = sizeof query_questions / sizeof *query_questions;
