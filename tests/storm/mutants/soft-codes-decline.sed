# file: app/ledger/answer.c
# 30, 58, 94 and 96 are taken for a decline
s/{"30", UNKNOWN, /{"30", REFUSED, /; s/{"58", UNKNOWN, /{"58", REFUSED, /; s/{"94", UNKNOWN, /{"94", REFUSED, /; s/{"96", UNKNOWN, /{"96", REFUSED, /
