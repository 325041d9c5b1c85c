# file: app/utilityd/judge.c
# a 0420 for a key not seen leaves nothing
s/if (JUDGE_RULE(TOMBSTONE))/if (false)/
