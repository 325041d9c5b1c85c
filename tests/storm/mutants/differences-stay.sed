# file: app/branchd/agree.c
# a day whose totals differed is not asked again, though no payment differs any more
# from: 226
/^static bool waits_for_people/,/^}/ s/differences_list(s->ledger, day, &one, 1, &count, NULL) == LEDGER_OK && count > 0/(differences_list(s->ledger, day, \&one, 1, \&count, NULL), true)/
