# file: app/ledger/restored.c
# what was said of a key after an earlier restore holds for this one too
s/kind = iif(kind = 'past', excluded.kind, kind), settled_at = NULL, theirs/theirs/
