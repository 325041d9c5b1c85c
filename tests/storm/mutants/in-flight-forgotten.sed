# file: app/ledger/start.c
# what was out when the program died is not asked again
s/"UPDATE outbox SET state = 'ready', not_before = 0 WHERE state = 'in flight'/"UPDATE outbox SET state = 'ready', not_before = 0 WHERE 0 AND state = 'in flight'/
