# file: app/ledger/ways_back.c
# a reversal gives the cash back before the utility has said yes
/^static enum ledger_result reversing/,/^}/ s/return r == LEDGER_OK ? ledger_outbox_add(ledger, p, "0400", maker, checker, err) : r;/if (r == LEDGER_OK) r = ledger_payment_owe(ledger, p, p->amount_fen, err); return r == LEDGER_OK ? ledger_outbox_add(ledger, p, "0400", maker, checker, err) : r;/
