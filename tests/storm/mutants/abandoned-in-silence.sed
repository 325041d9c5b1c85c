# file: app/ledger/ways_back.c
# what is abandoned before an answer is not undone at the utility
/^static enum ledger_result undoing/,/^}/ s/ledger_outbox_add(ledger, p, "0420", maker, checker, err)/LEDGER_OK/
