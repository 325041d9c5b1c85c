# file: app/ledger/answer.c
# 68 and 91 are taken for a decline
s/{"68", UNKNOWN, /{"68", REFUSED, /; s/{"91", UNKNOWN, /{"91", REFUSED, /
