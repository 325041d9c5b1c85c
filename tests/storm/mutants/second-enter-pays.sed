# file: app/ledger/record.c
# a second Enter is a second payment
/^static enum ledger_result find_first/,/^}/ s/sql_text(d->token)/sql_text("")/
/^static enum ledger_result insert/,/^}/ s/sql_text(token)/sql_text(p->key.ref)/
