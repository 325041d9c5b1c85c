-- The bank's books: what passed between its branches and the utility. Amounts
-- are fen, times UTC in ms, business days counted from 1970-01-01.

-- One row each time the relay ran; ended_ms stays empty when it was killed.
CREATE TABLE run (
    id         INTEGER PRIMARY KEY,
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER
) STRICT;

-- One row a message, in the order in which it was sent on or answered. Numbers
-- have no gaps, so that a row taken away is seen.
CREATE TABLE message (
    seq        INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES run (id),
    at_ms      INTEGER NOT NULL,
    fate       TEXT NOT NULL CHECK (fate IN
               ('sent',      -- a branch's message, sent on to the utility
                'queued',    -- the same, but the connection took nothing more: it waits its turn
                'local',     -- a branch's message, for this station itself
                'refused',   -- a branch's message, not of the protocol or not for this certificate
                'held',      -- a branch's message, not sent on and never to be
                'answer',    -- the utility's answer, passed to the branch
                'late',      -- the same, after the branch was told 68
                'nobody',    -- the same, and the branch is not connected
                'own',       -- an answer made here: 30, 58, 68, 91, or 00 to a local one
                'desk')),    -- an answer of the bank itself, to a message about a special account
    link       INTEGER NOT NULL,  -- connection to the utility, 1..; 0: none
    station    TEXT NOT NULL,     -- the branch's certificate; empty: not known any more
    mti        TEXT NOT NULL CHECK (length(mti) = 4),
    what       INTEGER NOT NULL,  -- DE 3, or DE 70 of network management; -1: none
    bank       TEXT NOT NULL,
    branch     TEXT NOT NULL,
    terminal   TEXT NOT NULL,
    stan       TEXT NOT NULL,
    reference  TEXT NOT NULL,     -- DE 37; with bank and branch the key of a payment
    amount_fen INTEGER,
    code       TEXT NOT NULL,     -- DE 39; empty: a request
    approval   TEXT NOT NULL,
    business   INTEGER,           -- DE 15
    text       TEXT NOT NULL      -- the message as it was, secret tags blanked
) STRICT;
CREATE INDEX message_reference ON message (reference, branch);
CREATE INDEX message_business ON message (business, branch);
CREATE TRIGGER message_stays BEFORE UPDATE ON message
BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;

-- What somebody should look at: foreign keys, second sessions, wrong branches.
CREATE TABLE alarm (
    id      INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    station TEXT NOT NULL,
    address TEXT NOT NULL,
    what    TEXT NOT NULL
) STRICT;
CREATE TRIGGER alarm_kept BEFORE DELETE ON alarm
BEGIN SELECT RAISE(ABORT, 'alarms are kept'); END;
CREATE TRIGGER alarm_stays BEFORE UPDATE ON alarm
BEGIN SELECT RAISE(ABORT, 'alarms are kept'); END;
