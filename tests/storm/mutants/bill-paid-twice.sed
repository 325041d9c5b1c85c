# file: app/utilityd/judge.c
# the utility has no second guard beside the key
s/(collectable(bill, request->taken) || !JUDGE_RULE(BILL_ONCE))/true/
