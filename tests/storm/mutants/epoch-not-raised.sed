# file: app/ledger/copy.c
# a restored backup goes on with the epoch that it had
# from: 46
s/r = ledger_new_random(ledger, "restored from a backup", who, err);/r = LEDGER_OK;/
