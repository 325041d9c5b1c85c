# file: app/utilityd/judge.c
# a decline is judged anew each time
/^void judge_remember/,/^}/ s/key->changed = true;/key->changed = state != KEY_DECLINED;/
