-- The bank's days against the utility's: what was asked, what differed, what two
-- people did about it. Amounts are fen, days counted from 1970-01-01.

CREATE TABLE agreed (             -- each asking for totals of the whole bank
    id         INTEGER PRIMARY KEY,
    business   INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    settlement INTEGER NOT NULL CHECK (settlement IN (1, 2)), -- in balance, out
    ours       TEXT NOT NULL,     -- count/fen of payments, reversals, refunds
    theirs     TEXT NOT NULL,
    closing    INTEGER NOT NULL DEFAULT 0 CHECK (closing IN (0, 1)) -- asked after the day was over
) STRICT;
CREATE INDEX agreed_day ON agreed (business, id);
CREATE TRIGGER agreed_stays BEFORE UPDATE ON agreed BEGIN SELECT RAISE(ABORT, 'what was answered stays'); END;
CREATE TRIGGER agreed_kept BEFORE DELETE ON agreed BEGIN SELECT RAISE(ABORT, 'what was answered stays'); END;

CREATE TABLE difference (         -- of the last comparison of a day
    business     INTEGER NOT NULL,
    branch       TEXT NOT NULL,
    reference    TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('only here', 'only there', 'amount', 'state')),
    ours_state   TEXT NOT NULL,   -- posted, reversed or none
    ours_fen     INTEGER NOT NULL,
    theirs_state TEXT NOT NULL,
    theirs_fen   INTEGER NOT NULL,
    found_ms     INTEGER NOT NULL,
    PRIMARY KEY (business, branch, reference)
) STRICT, WITHOUT ROWID;

CREATE TABLE taken (              -- two people took the utility's word for a key
    business  INTEGER NOT NULL,
    branch    TEXT NOT NULL,
    reference TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('posted', 'reversed', 'none')),
    what      INTEGER NOT NULL,   -- DE 3
    fen       INTEGER NOT NULL,
    maker     TEXT NOT NULL,
    checker   TEXT NOT NULL CHECK (checker <> maker),
    at_ms     INTEGER NOT NULL,
    PRIMARY KEY (business, branch, reference)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER taken_kept BEFORE DELETE ON taken BEGIN SELECT RAISE(ABORT, 'what two people did stays'); END;

CREATE TABLE clerk (              -- who may repair, always two of them
    number    TEXT PRIMARY KEY CHECK (length(number) BETWEEN 1 AND 8),
    name      TEXT NOT NULL,
    stored    TEXT NOT NULL,      -- argon2id
    active    INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    wrong     INTEGER NOT NULL DEFAULT 0,
    locked_ms INTEGER NOT NULL DEFAULT 0 -- no password is looked at before that
) STRICT, WITHOUT ROWID;

CREATE TABLE repair (             -- what people did here
    id      INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    maker   TEXT NOT NULL,
    checker TEXT NOT NULL,
    what    TEXT NOT NULL
) STRICT;
CREATE TRIGGER repair_stays BEFORE UPDATE ON repair BEGIN SELECT RAISE(ABORT, 'what people did stays'); END;
CREATE TRIGGER repair_kept BEFORE DELETE ON repair BEGIN SELECT RAISE(ABORT, 'what people did stays'); END;

-- A key as it stands here by what passed: paid, taken back, undone. The day is
-- looked up by its index; a key has one day, for DE 15 is of its content.
CREATE VIEW passed AS
SELECT business, branch, reference, max(what) AS what, max(amount_fen) AS fen,
       CASE WHEN max(mti='0430') THEN 'none'
            WHEN max(mti='0410') AND max(mti IN ('0210','0230') AND approval<>'') THEN 'reversed'
            WHEN max(mti IN ('0210','0230') AND approval<>'') THEN 'posted' ELSE 'none' END AS state
  FROM message
 WHERE fate IN ('answer','late','nobody') AND code='00' AND what IN (500000, 501000, 200000)
   AND mti IN ('0210','0230','0410','0430')
 GROUP BY business, branch, reference;
