# file: app/utilityd/judge.c
# a key undone by 0420 stands in the totals
s/JUDGE_RULE(UNDONE_UNCOUNTED)/false/
