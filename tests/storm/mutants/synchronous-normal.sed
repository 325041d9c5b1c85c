# file: app/ledger/open.c
# WAL with synchronous=NORMAL: a power cut takes acknowledged payments
s/synchronous = FULL", "PRAGMA synchronous", "2"/synchronous = NORMAL", "PRAGMA synchronous", "1"/
