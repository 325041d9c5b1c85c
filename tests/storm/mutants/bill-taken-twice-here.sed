# file: app/ledger/record.c
# the branch has no guard over its own bills
/^static enum ledger_result bills_free/,/^}/ s/i < d->bill_count/i < 0/
