# file: app/utilityd/judge.c
# an advice behind its 0420 is posted
s/!JUDGE_RULE(UNDONE_WINS)/true/
