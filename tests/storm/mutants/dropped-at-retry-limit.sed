# file: app/ledger/queue.c
# the third time without an answer is the last
/^enum ledger_result outbox_again/,/^}/ s/SET state = 'ready'/SET state = iif(tries > 2, 'done', 'ready')/
