# file: app/ledger/copy.c
# a restored backup works on at once, as if it were the present
# from: 46
s/"UPDATE branch SET restored = 1"/"UPDATE branch SET restored = 0"/
