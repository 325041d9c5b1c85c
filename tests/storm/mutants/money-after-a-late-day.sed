# file: app/ledger/agreement.c
# what is answered after the day was agreed re-opens nothing
s/(late \&\& strcmp(day.agreement, "differences") == 0)/false/; s/strcmp(day.agreement, "agreed") == 0 ||/false ||/
