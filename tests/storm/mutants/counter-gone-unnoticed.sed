# file: app/ledger/invoice.c
# a counter that dies while printing leaves no doubt
# from: 500
/^enum ledger_result invoice_counter_gone/,/^}/ s/= ?1", BIND(sql_text(terminal))/= ?1 AND 0", BIND(sql_text(terminal))/
