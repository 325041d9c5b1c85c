# file: app/ledger/move.c
# money that was given back may be given back again
s/int moved = moved_already(ledger, original, source->place, err);/int moved = 0;/
