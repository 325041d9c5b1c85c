# file: app/ledger/record.c
# the branch has no guard over its own bills
/^enum ledger_result ledger_bills_free/,/^}/ s/i < d->bill_count/i < 0/
