# file: app/ledger/answer.c
# a refused advice counts as answered
/^static enum ledger_result answered_0230/,/^}/ s/meaning_of("0220", h->answer->code)/DONE/
