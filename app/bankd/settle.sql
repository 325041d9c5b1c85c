-- What a branch's agreed days moved from its clearing account to what is owed to the
-- utility; the movements themselves are entries. Amounts are fen, days counted from 1970-01-01.

CREATE TABLE settled (
    branch   TEXT NOT NULL,
    business INTEGER NOT NULL,
    fen      INTEGER NOT NULL,   -- below 0: more was given back than paid
    PRIMARY KEY (branch, business)
) STRICT, WITHOUT ROWID;
