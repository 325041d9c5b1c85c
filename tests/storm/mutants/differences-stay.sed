# file: app/branchd/agree.c
# a day that differed while answers were on their way is never asked again
/^static bool waits_for_people/,/^}/ s/count > 0/count >= 0/
