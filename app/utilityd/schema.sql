-- The utility's books. Amounts are fen, days are counted from 1970-01-01.

CREATE TABLE setting (            -- facts of the store itself: business day, schema version, approval counter
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a station: bank (DE 32) and branch (DE 42).
CREATE TABLE station (
    id     INTEGER PRIMARY KEY,
    bank   TEXT NOT NULL,
    branch TEXT NOT NULL,
    epoch  INTEGER NOT NULL DEFAULT 0 CHECK (epoch BETWEEN 0 AND 99), -- highest seen or given
    UNIQUE (bank, branch)
) STRICT;

-- Which random number (EN) was given which epoch: the same number gets the same one again.
CREATE TABLE epoch (
    station INTEGER NOT NULL,
    random  TEXT NOT NULL,
    epoch   INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 99),
    PRIMARY KEY (station, random),
    UNIQUE (station, epoch)
) STRICT, WITHOUT ROWID;

-- A customer lives apart from the bills: credit outlasts them.
CREATE TABLE customer (
    number     TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    address    TEXT NOT NULL,
    supply     TEXT NOT NULL,      -- supply station
    meter      TEXT NOT NULL,      -- of the newest bill
    credit_fen INTEGER NOT NULL DEFAULT 0 CHECK (credit_fen >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE bill (
    id            INTEGER PRIMARY KEY,
    number        TEXT NOT NULL UNIQUE,
    customer      TEXT NOT NULL,
    meter         TEXT NOT NULL,
    period        TEXT NOT NULL CHECK (length(period) = 6),
    previous      INTEGER NOT NULL,
    current       INTEGER NOT NULL,
    multiplier    INTEGER NOT NULL,
    kwh           INTEGER NOT NULL,
    amount_fen    INTEGER NOT NULL CHECK (amount_fen >= 0), -- as billed
    covered_fen   INTEGER NOT NULL DEFAULT 0 CHECK (covered_fen BETWEEN 0 AND amount_fen), -- by prepaid credit
    tiers         TEXT NOT NULL,
    due           INTEGER NOT NULL,
    first_day     INTEGER NOT NULL,          -- collection window, both ends counted
    last_day      INTEGER NOT NULL CHECK (last_day >= first_day),
    rate_permille INTEGER NOT NULL CHECK (rate_permille >= 0),
    class         TEXT NOT NULL CHECK (length(class) = 1), -- R: residents
    state         INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3), -- open, paid, withheld, withdrawn
    paid_by       INTEGER,                   -- payment.id; 0: covered by credit; below 0: debited, -withholding.id
    change        INTEGER NOT NULL,          -- its last change's number
    CHECK ((state = 1) = (paid_by IS NOT NULL))
) STRICT;
CREATE INDEX bill_customer ON bill (customer, due);
CREATE INDEX bill_covered ON bill (customer) WHERE covered_fen > 0;

-- The bill feed's order: a row a change, in order, so that a payment writes at its
-- end and not all over an index. A row whose bill has changed again since is stale.
CREATE TABLE change (
    id   INTEGER PRIMARY KEY,
    bill INTEGER NOT NULL                    -- bill.id
) STRICT;
CREATE TRIGGER bill_added AFTER INSERT ON bill
BEGIN INSERT INTO change (id, bill) VALUES (NEW.change, NEW.id); END;
CREATE TRIGGER bill_changed AFTER UPDATE OF change ON bill
BEGIN INSERT INTO change (id, bill) VALUES (NEW.change, NEW.id); END;

-- One row a key, for ever; tombstones are among them.
CREATE TABLE payment (
    id         INTEGER PRIMARY KEY,
    station    INTEGER NOT NULL,
    reference  INTEGER NOT NULL CHECK (reference BETWEEN 0 AND 999999999999), -- DE 37
    state      INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5), -- declined, posted, tombstone, undone, reversed
    code       TEXT NOT NULL,                -- first answer to the payment; empty for a tombstone alone
    reversal   TEXT NOT NULL DEFAULT '' CHECK (reversal IN ('', '98', '51')),
    approval   TEXT NOT NULL DEFAULT '',
    content    BLOB,                         -- digest of all fields but MTI and DE 7; NULL: known from a 0420 alone
    origin     BLOB NOT NULL,                -- digest of the nine fields that a 04xx shares
    trace      TEXT NOT NULL DEFAULT '',     -- STAN|terminal|time at the counter: what a branch that lost its disk needs to undo it
    customer   TEXT NOT NULL,
    proc       INTEGER NOT NULL,             -- DE 3: 500000 cash, 501000 special account
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    short_fen  INTEGER NOT NULL DEFAULT 0 CHECK (short_fen >= 0), -- what an undoing could not take back
    taken      INTEGER NOT NULL,
    business   INTEGER NOT NULL,
    flagged    INTEGER NOT NULL DEFAULT 0 CHECK (flagged IN (0, 1)),
    posted_ms  INTEGER NOT NULL,             -- UTC
    aside      INTEGER NOT NULL DEFAULT 1 CHECK (aside IN (0, 1)), -- 0: a bill of the customer names it as its payer
    UNIQUE (station, reference),
    CHECK (state <> 2 OR (code = '00' AND content IS NOT NULL))
) STRICT;
CREATE INDEX payment_day ON payment (business, station, state, proc, amount_fen); -- totals read the index alone
-- Of a customer: what his bills do not lead to. Most payments pay a bill, and write no row of it.
CREATE INDEX payment_aside ON payment (customer) WHERE aside = 1;

-- Where a key's money lies.
CREATE TABLE part (
    payment    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    part       INTEGER NOT NULL,             -- place in the payment's list of bills; -1: the prepaid part
    bill       TEXT NOT NULL,
    place      INTEGER NOT NULL CHECK (place BETWEEN 0 AND 2), -- BL, PP, SU
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    PRIMARY KEY (payment, position)
) STRICT, WITHOUT ROWID;

-- A branch's day here: closed by its totals or by the utility's cut-over; agreed until re-opened.
CREATE TABLE branch_day (
    station  INTEGER NOT NULL,
    business INTEGER NOT NULL,
    closed   INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1)),
    agreed   INTEGER NOT NULL DEFAULT 0 CHECK (agreed IN (0, 1)),
    PRIMARY KEY (station, business)
) STRICT, WITHOUT ROWID;

-- Each question for totals as it was asked, with the branch's audit head: its
-- anchor outside of the branch.
CREATE TABLE agreement (
    id         INTEGER PRIMARY KEY,
    bank       TEXT NOT NULL,
    branch     TEXT NOT NULL,                -- empty: the whole bank
    business   INTEGER NOT NULL,
    closing    INTEGER NOT NULL CHECK (closing IN (0, 1)),
    settlement INTEGER NOT NULL CHECK (settlement IN (1, 2)), -- in balance, out
    theirs     TEXT NOT NULL,                -- count/fen of payments, count/fen of reversals
    ours       TEXT NOT NULL,
    audit_head TEXT NOT NULL,
    at_ms      INTEGER NOT NULL
) STRICT;

-- What undid or tried to undo a key, and the two people's names on it.
CREATE TABLE reversal (
    id        INTEGER PRIMARY KEY,
    station   INTEGER NOT NULL,
    reference INTEGER NOT NULL,
    mti       TEXT NOT NULL,
    code      TEXT NOT NULL,                 -- as it was answered
    maker     TEXT NOT NULL,
    checker   TEXT NOT NULL,
    at_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX reversal_key ON reversal (station, reference);

-- Invoice notices of the branches: which number is on paper for which key.
CREATE TABLE notice (
    station   INTEGER NOT NULL,
    reference INTEGER NOT NULL,              -- the notice's own DE 37
    payment   INTEGER NOT NULL,              -- DE 37 of the payment
    series    TEXT NOT NULL,
    number    TEXT NOT NULL,
    what      TEXT NOT NULL CHECK (what IN ('printed', 'spoiled', 'cancelled')),
    business  INTEGER NOT NULL,
    noted_ms  INTEGER NOT NULL,
    PRIMARY KEY (station, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_payment ON notice (station, payment);

-- Transfer customers: their bills are debited at a bank, by a special account.
CREATE TABLE transfer (
    customer TEXT PRIMARY KEY,
    bank     TEXT NOT NULL,
    account  TEXT NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A month's list for a bank. Its bills are in state withheld until the final
-- result is in, or until result_by.
CREATE TABLE withholding (
    id          INTEGER PRIMARY KEY,
    bank        TEXT NOT NULL,
    batch       TEXT NOT NULL,
    month       TEXT NOT NULL,
    made_ms     INTEGER NOT NULL,
    retry_until INTEGER NOT NULL,
    result_by   INTEGER NOT NULL,
    records     INTEGER NOT NULL,
    sum_fen     INTEGER NOT NULL,
    state       INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3), -- out, interim, final, given up
    UNIQUE (bank, batch)
) STRICT;

-- Its rows: the key (bank, batch, sequence) is posted at most once.
CREATE TABLE withheld (
    withholding INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    customer    TEXT NOT NULL,
    name        TEXT NOT NULL,
    fen         INTEGER NOT NULL CHECK (fen > 0),
    account     TEXT NOT NULL,
    bill        TEXT NOT NULL,
    debited_fen INTEGER NOT NULL DEFAULT 0 CHECK (debited_fen IN (0, fen)),
    code        TEXT NOT NULL DEFAULT '',   -- empty: no result yet
    debited_at  TEXT NOT NULL DEFAULT '',   -- as the bank says
    reference   TEXT NOT NULL DEFAULT '',
    place       INTEGER NOT NULL DEFAULT 0 CHECK (place BETWEEN 0 AND 1), -- debited to the bill, to the customer's credit
    PRIMARY KEY (withholding, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX withheld_customer ON withheld (customer);

-- Invoices of transfer customers, printed by the utility itself: a number is given
-- once, and known before the paper is.
CREATE TABLE invoice (
    withholding INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    series      TEXT NOT NULL,
    number      INTEGER NOT NULL CHECK (number > 0),
    issued_ms   INTEGER NOT NULL,
    reprints    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (withholding, sequence),
    UNIQUE (series, number)
) STRICT, WITHOUT ROWID;

-- Parts of a bank's result as they come over the line, until they are posted.
CREATE TABLE received (
    bank TEXT NOT NULL,
    file TEXT NOT NULL,                      -- WHI: or WHF: and the batch
    part INTEGER NOT NULL CHECK (part > 0),
    last INTEGER NOT NULL,                   -- number of the last part
    text TEXT NOT NULL,                      -- its lines
    PRIMARY KEY (bank, file, part)
) STRICT, WITHOUT ROWID;

-- What was refused for want of authority, and what people did here.
CREATE TABLE audit (
    id    INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    who   TEXT NOT NULL,                     -- certificate or operating-system user
    what  TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;

CREATE TRIGGER agreement_kept BEFORE DELETE ON agreement
BEGIN SELECT RAISE(ABORT, 'agreements only grow'); END;
CREATE TRIGGER agreement_stays BEFORE UPDATE ON agreement
BEGIN SELECT RAISE(ABORT, 'agreements only grow'); END;
CREATE TRIGGER reversal_kept BEFORE DELETE ON reversal
BEGIN SELECT RAISE(ABORT, 'reversals only grow'); END;
CREATE TRIGGER reversal_stays BEFORE UPDATE ON reversal
BEGIN SELECT RAISE(ABORT, 'reversals only grow'); END;

CREATE TRIGGER payment_kept BEFORE DELETE ON payment
BEGIN SELECT RAISE(ABORT, 'a key is kept for ever'); END;
CREATE TRIGGER payment_key BEFORE UPDATE OF station, reference, origin ON payment
BEGIN SELECT RAISE(ABORT, 'a key never changes'); END;
CREATE TRIGGER payment_final BEFORE UPDATE OF state ON payment WHEN OLD.state >= 3 AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'a key that is back stays so'); END;
CREATE TRIGGER withheld_once BEFORE UPDATE OF debited_fen ON withheld WHEN OLD.debited_fen > 0
BEGIN SELECT RAISE(ABORT, 'a row is posted once'); END;
