# file: app/ledger/copy.c
# after a restore a book's next number is what it was in the backup
# from: 253
s/"UPDATE book SET state = 'ended' WHERE state = 'loaded'"/"UPDATE book SET state = 'ended' WHERE 0"/
