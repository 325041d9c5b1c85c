-- The special electricity accounts, their double entry, and the withholding.
-- Amounts are fen, times UTC in ms. An account's number is a whole number of 18
-- digits: bank (3), serial (14), check digit. Numbers below 1,000 are the bank's
-- own accounts.

CREATE TABLE own_account (
    number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 999),
    name   TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO own_account (number, name) VALUES
    (1, 'owed-to-utility'),  -- withheld, or settled at the day's agreement, and not yet paid over
    (2, 'clearing-branch'),  -- cash of deposits and withdrawals; entry.branch says whose
    (3, 'held'),             -- for a payment that is sent on and not answered
    (4, 'bank-cash');

-- What the run of a list reads and writes, and nothing else: a million of them
-- are walked in one sweep. Entry says the same, in more words.
CREATE TABLE account (
    number      INTEGER PRIMARY KEY CHECK (number BETWEEN 100000000000000000 AND 999999999999999999),
    state       INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2), -- open, frozen, closed
    balance_fen INTEGER NOT NULL DEFAULT 0 CHECK (balance_fen >= 0),
    lines       INTEGER NOT NULL DEFAULT 0, -- how many entries it has; the last one's line
    last        INTEGER NOT NULL DEFAULT 0  -- entry.id of that one
) STRICT;

CREATE TABLE holder (
    account     INTEGER PRIMARY KEY REFERENCES account (number),
    name        TEXT NOT NULL,
    document    TEXT NOT NULL,               -- of identity
    phone       TEXT NOT NULL,
    opened_ms   INTEGER NOT NULL,
    opened_by   TEXT NOT NULL,               -- branch, or utility and batch
    password    TEXT NOT NULL DEFAULT '',    -- argon2id; empty: none was set
    wrong       INTEGER NOT NULL DEFAULT 0,  -- tries in a row; at 5 the account is frozen
    book        INTEGER NOT NULL DEFAULT 0,  -- number of the passbook; 0: none was given out
    printed     INTEGER NOT NULL DEFAULT 0   -- the last line that stands in a book
) STRICT;

-- The utility's customers that an account pays for; each stands in one agreement at most.
CREATE TABLE agreement (
    account  INTEGER NOT NULL REFERENCES account (number),
    customer TEXT NOT NULL,
    name     TEXT NOT NULL,                  -- as the customer wrote it
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (account, customer)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX agreement_customer ON agreement (customer);

-- The journal: one row a movement, from one account to another. For a special
-- account among the two it is a line of the statement and of the passbook; its
-- line before is `before`, so that a statement is walked without an index.
CREATE TABLE entry (
    id          INTEGER PRIMARY KEY,
    debit       INTEGER NOT NULL,
    credit      INTEGER NOT NULL CHECK (credit <> debit),
    fen         INTEGER NOT NULL CHECK (fen > 0),
    what        INTEGER NOT NULL,            -- enum account_what
    at_ms       INTEGER NOT NULL,
    batch       INTEGER NOT NULL DEFAULT 0,  -- of a withholding: batch.id,
    row         INTEGER NOT NULL DEFAULT 0,  -- its record in the list, 1 is the first
    line        INTEGER NOT NULL DEFAULT 0,  -- of the special account; 0: none is in it
    before      INTEGER NOT NULL DEFAULT 0,  -- entry.id of its line before; 0: this is the first
    balance_fen INTEGER NOT NULL DEFAULT 0 CHECK (balance_fen >= 0), -- its balance after it
    branch      TEXT NOT NULL DEFAULT '',
    business    INTEGER NOT NULL DEFAULT 0,  -- business day, counted from 1970-01-01
    key         TEXT NOT NULL DEFAULT ''     -- BANK/BRANCH/REFERENCE of a message
) STRICT;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;
CREATE TRIGGER entry_kept BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;

-- A withholding list is worked once. It is done in pieces, each in one transaction
-- with what it debited: a run that was killed goes on behind the last one.
CREATE TABLE batch (
    id          INTEGER PRIMARY KEY,
    utility     TEXT NOT NULL,
    number      TEXT NOT NULL,
    month       TEXT NOT NULL,
    digest      BLOB NOT NULL,               -- of the file
    records     INTEGER NOT NULL,
    sum_fen     INTEGER NOT NULL,
    made_at     TEXT NOT NULL,
    retry_until INTEGER NOT NULL,
    result_by   INTEGER NOT NULL,
    first_entry INTEGER NOT NULL,            -- no entry below is of this batch,
    first_failed INTEGER NOT NULL,           -- and no failure
    pass        INTEGER NOT NULL DEFAULT 1,
    pieces      INTEGER NOT NULL DEFAULT 0,  -- of this pass
    state       INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2), -- running, interim, final
    final_ms    INTEGER NOT NULL DEFAULT 0,  -- when the final result was made
    file        TEXT NOT NULL,               -- the list's path, for the retries
    UNIQUE (utility, number)
) STRICT;

-- The first run of a batch and each retry; what was debited in it bears its time.
CREATE TABLE pass (
    batch  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;

-- Rows that were not debited, and why, each time they were tried: a row's last one
-- counts, unless it has an entry. Those with 51 may be tried again. No index: a
-- batch is read from first_failed on, in one sweep.
CREATE TABLE failed (
    id    INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    pass  INTEGER NOT NULL,
    row   INTEGER NOT NULL,
    code  TEXT NOT NULL CHECK (code IN ('51', '14', '78', '62', '94', '30'))
) STRICT;

-- Files of accounts to open: each batch is worked once.
CREATE TABLE opening (
    utility TEXT NOT NULL,
    number  TEXT NOT NULL,
    digest  BLOB NOT NULL,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (utility, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE opened (
    utility  TEXT NOT NULL,
    number   TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    account  INTEGER NOT NULL,               -- 0: none
    code     TEXT NOT NULL,
    PRIMARY KEY (utility, number, sequence)
) STRICT, WITHOUT ROWID;

-- Keys of the bank's own messages, for ever: the same key with the same content is
-- answered as the first time, with other content 94; a tombstone stops a late one.
CREATE TABLE desk_key (
    bank      TEXT NOT NULL,
    branch    TEXT NOT NULL,
    reference TEXT NOT NULL,
    state     INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5), -- declined, done, tombstone, undone, reversed
    content   BLOB,                          -- digest of all fields but MTI and DE 7; NULL: known from a 0420 alone
    origin    BLOB NOT NULL,                 -- digest of the nine fields that a 04xx shares
    proc      INTEGER NOT NULL DEFAULT 0,
    account   INTEGER NOT NULL DEFAULT 0,
    customer  TEXT NOT NULL DEFAULT '',
    fen       INTEGER NOT NULL DEFAULT 0,
    was       INTEGER NOT NULL DEFAULT 0,    -- the account's state before it; a passbook's notice: the book before it
    note      TEXT NOT NULL DEFAULT '',      -- what undoing it needs to know: the name that was unlinked, the passbook's notice
    short_fen INTEGER NOT NULL DEFAULT 0,    -- what an undoing could not take back
    answer    BLOB,                          -- the first answer, packed
    at_ms     INTEGER NOT NULL,
    PRIMARY KEY (bank, branch, reference)
) STRICT, WITHOUT ROWID;

-- What became of each line of a passbook. A place of a book is used once, whatever came of it; a line whose
-- place is spoiled or in doubt is sent to another one, its turn one more.
CREATE TABLE printed_line (
    account INTEGER NOT NULL,
    book    INTEGER NOT NULL,
    place   INTEGER NOT NULL CHECK (place > 0),  -- from 1 on, over all pages
    line    INTEGER NOT NULL,
    turn    INTEGER NOT NULL CHECK (turn > 0),
    state   TEXT NOT NULL CHECK (state IN ('sent', 'printed', 'doubtful', 'spoiled')),
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (account, book, place),
    UNIQUE (account, line, turn)
) STRICT, WITHOUT ROWID;

-- Payments from an account (501000): held before they are sent on. One life: held, then debited or released;
-- debited, then credited. Both messages are repeated from here until the utility has answered.
CREATE TABLE hold (
    bank      TEXT NOT NULL,
    branch    TEXT NOT NULL,
    reference TEXT NOT NULL,
    state     INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), -- held, debited, released, credited
    account   INTEGER NOT NULL,
    fen       INTEGER NOT NULL CHECK (fen > 0),
    rest_fen  INTEGER NOT NULL DEFAULT 0,      -- undone, and stayed with the utility: debited all the same
    business  INTEGER NOT NULL,
    message   BLOB NOT NULL,                -- the 0200
    undo      BLOB,                         -- a 0400 or 0420 that is not answered
    since_ms  INTEGER NOT NULL,
    sent_ms   INTEGER NOT NULL,                -- the last time that one of them was sent on
    PRIMARY KEY (bank, branch, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_open ON hold (sent_ms) WHERE state = 1 OR undo IS NOT NULL;
CREATE INDEX hold_account ON hold (account) WHERE state = 1;
