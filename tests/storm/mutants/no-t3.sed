# file: app/ledger/invoice.c
# a job goes to the printer before its number is taken for good
/^enum ledger_result invoice_send/,/^}/ s/return ledger_end(ledger, r, err);/ledger_end(ledger, LEDGER_STATE, NULL); return r;/
