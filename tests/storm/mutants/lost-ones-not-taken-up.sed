# file: app/ledger/restored.c
# what the backup lacks and the utility has is left alone
# from: 46
s/return list_it(ledger, t, "lacking", err);/return LEDGER_OK;/
