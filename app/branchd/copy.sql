-- The branch's copy of the utility's bills, for look-ups while the link is down. Not a book: it
-- holds no money state, may be lost, and is then fetched again. Fen; days since 1970-01-01.

CREATE TABLE IF NOT EXISTS feed (        -- one row: how far the copy reaches
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    version     INTEGER NOT NULL,
    change      INTEGER NOT NULL,        -- the last change applied; the next feed begins behind it
    target      INTEGER NOT NULL,        -- where the feed under way ends; change = target: whole
    made_at_ms  INTEGER NOT NULL,        -- of the last feed that was whole; 0: none was
    going_ms    INTEGER NOT NULL,        -- made-at of the feed under way
    next_year_permille INTEGER NOT NULL, minimum_fen INTEGER NOT NULL, cap_fen INTEGER NOT NULL,
    oldest_first INTEGER NOT NULL, part_payment INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS customer (
    number   TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    address  TEXT NOT NULL,
    meter    TEXT NOT NULL,
    initials TEXT NOT NULL               -- of the name, lower case
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS bill (
    number   TEXT PRIMARY KEY,
    customer TEXT NOT NULL,
    due      INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('open', 'paid', 'withheld', 'withdrawn')),
    amount_fen INTEGER NOT NULL,
    record   TEXT NOT NULL               -- the bill as in a bills file
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bill_of_customer ON bill (customer, due);
