-- The branch's ledger. Money is fen, dates are days since 1970-01-01, times are milliseconds UTC.
--
-- What may not happen is refused here and not only in the code above: legal transitions stand in
-- `move` and are kept by triggers, journal and audit can only grow, bytes on their way to the
-- utility never change. PRAGMA recursive_triggers must be ON: without it INSERT OR REPLACE and
-- UPDATE OR REPLACE delete rows without firing a DELETE trigger. The program reads it back at
-- every start and refuses to work without it.
--
-- A list of more than two in IN (…) is made into a table at each row that is written; in the tables
-- that every payment writes to, values are compared one by one.

CREATE TABLE branch (                    -- one row: who this branch is, and what only grows
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    version    INTEGER NOT NULL,
    bank       TEXT NOT NULL CHECK (length(bank) BETWEEN 1 AND 11),
    branch     TEXT NOT NULL CHECK (length(branch) BETWEEN 1 AND 15),
    random     TEXT NOT NULL,            -- EN of the sign-on; new with each new ledger, restore or certificate
    epoch      INTEGER NOT NULL DEFAULT 0 CHECK (epoch BETWEEN 0 AND 99),
    epoch_held INTEGER NOT NULL DEFAULT 0 CHECK (epoch_held IN (0, 1)), -- 1: `random` was answered with `epoch`
    counter    INTEGER NOT NULL DEFAULT 0 CHECK (counter BETWEEN 0 AND 9999999999),
    latest_ms  INTEGER NOT NULL,         -- latest time of any commit
    alarm      TEXT,                     -- why no money is taken: somebody else speaks in this branch's name
    pin        TEXT NOT NULL DEFAULT '', -- digest of the public key of the certificate that `random` was made for
    restored   INTEGER NOT NULL DEFAULT 0 CHECK (restored IN (0, 1, 2)), -- from a backup: 1 what the utility knows is to be
                                         -- fetched, 2 people say what became of it; nothing is sent, printed or taken meanwhile
    installed  INTEGER NOT NULL DEFAULT 0 CHECK (installed IN (0, 1)),  -- 1: the first operators are made
    audit_id   INTEGER NOT NULL DEFAULT 0,
    audit_head BLOB NOT NULL CHECK (length(audit_head) = 32),
    CHECK (epoch_held = 0 OR epoch > 0)
) STRICT;

CREATE TRIGGER branch_only_grows BEFORE UPDATE ON branch
WHEN NEW.epoch < OLD.epoch OR NEW.counter < OLD.counter OR NEW.latest_ms < OLD.latest_ms
  OR NEW.audit_id < OLD.audit_id OR NEW.installed < OLD.installed
  OR NEW.bank <> OLD.bank OR NEW.branch <> OLD.branch
BEGIN SELECT RAISE(ABORT, 'branch: a number would go back'); END;
CREATE TRIGGER branch_stays BEFORE DELETE ON branch
BEGIN SELECT RAISE(ABORT, 'branch: cannot be deleted'); END;

-- Every legal transition of every state machine.
CREATE TABLE move (
    thing   TEXT NOT NULL,
    was     TEXT NOT NULL,
    becomes TEXT NOT NULL,
    PRIMARY KEY (thing, was, becomes)
) STRICT, WITHOUT ROWID;
INSERT INTO move (thing, was, becomes) VALUES
    ('payment', 'recorded',  'posted'),    ('payment', 'recorded',  'declined'),
    ('payment', 'recorded',  'advised'),   ('payment', 'recorded',  'undoing'),
    ('payment', 'recorded',  'excepted'),
    ('payment', 'advised',   'posted'),    ('payment', 'advised',   'excepted'),
    ('payment', 'advised',   'undoing'),   ('payment', 'advised',   'settled'),
    ('payment', 'posted',    'reversing'), ('payment', 'excepted',  'reversing'),
    ('payment', 'excepted',  'settled'),
    ('payment', 'reversing', 'reversed'),  ('payment', 'reversing', 'posted'),
    ('payment', 'reversing', 'excepted'),  ('payment', 'reversing', 'settled'),
    ('payment', 'undoing',   'undone'),    ('payment', 'undoing',   'short'),
    ('payment', 'undoing',   'settled'),
    ('payment', 'short',     'settled'),
    ('outbox',  'ready',     'in flight'), ('outbox',  'ready',     'done'),
    ('outbox',  'in flight', 'ready'),     ('outbox',  'in flight', 'done'),
    ('outbox',  'in flight', 'parked'),
    ('outbox',  'parked',    'ready'),     ('outbox',  'parked',    'done'),
    ('outbox',  'parked',    'settled'),
    ('invoice', 'planned',   'sent'),      ('invoice', 'planned',   'dropped'),
    ('invoice', 'sent',      'confirmed'), ('invoice', 'sent',      'spoiled'),
    ('invoice', 'sent',      'planned'),
    ('invoice', 'confirmed', 'cancelled'), ('invoice', 'confirmed', 'spoiled'),
    ('number',  'unused',    'assigned'),  ('number',  'unused',    'lost'),
    ('number',  'unused',    'damaged'),   ('number',  'lost',      'assigned'),
    ('number',  'assigned',  'unused'),    ('number',  'assigned',  'used'),
    ('number',  'assigned',  'void'),      ('number',  'used',      'void'),
    ('till',    'open',      'counted'),   ('till',    'counted',   'closed'),
    ('day',     'open',      'closing'),   ('day',     'closing',   'cut off'),
    ('day',     'cut off',   'closed'),
    ('agreement', 'not asked',   'asked'), ('agreement', 'asked',     'agreed'),
    ('agreement', 'asked',       'differences'), ('agreement', 'asked', 'no answer'),
    ('agreement', 'no answer',   'asked'), ('agreement', 'agreed',    're-opened'),
    ('agreement', 'differences', 'asked'), ('agreement', 're-opened', 'asked'),
    ('agreement', 'differences', 're-opened');
CREATE TRIGGER move_fixed_insert BEFORE INSERT ON move
BEGIN SELECT RAISE(ABORT, 'move: fixed'); END;
CREATE TRIGGER move_fixed_update BEFORE UPDATE ON move
BEGIN SELECT RAISE(ABORT, 'move: fixed'); END;
CREATE TRIGGER move_fixed_delete BEFORE DELETE ON move
BEGIN SELECT RAISE(ABORT, 'move: fixed'); END;

-- Business days. A day can close with its agreement open; it stays listed until agreed.
CREATE TABLE day (
    date        INTEGER PRIMARY KEY,
    state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing', 'cut off', 'closed')),
    agreement   TEXT NOT NULL DEFAULT 'not asked' CHECK (agreement IN
                ('not asked', 'asked', 'agreed', 'differences', 'no answer', 're-opened')),
    opened_at   INTEGER NOT NULL,
    opened_by   TEXT NOT NULL,
    cut_at      INTEGER,
    closed_at   INTEGER,
    closed_by   TEXT,
    last_payment INTEGER,                -- at cut-off: the last payment id that belongs to the day
    head        BLOB,                    -- audit head as last anchored (0500, printed report)
    head_id     INTEGER,
    owed_fen    INTEGER NOT NULL DEFAULT 0, -- owed to the utility for it and not booked over to the bank; kept by the journal
    cleared_fen INTEGER NOT NULL DEFAULT 0, -- booked over to the bank so far
    CHECK ((state IN ('cut off', 'closed')) = (cut_at IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX day_one_at_work ON day ((1)) WHERE state <> 'closed';
CREATE TRIGGER day_never_back BEFORE INSERT ON day
WHEN EXISTS (SELECT 1 FROM day WHERE date >= NEW.date)
BEGIN SELECT RAISE(ABORT, 'day: business dates never go back'); END;
CREATE TRIGGER day_moves BEFORE UPDATE OF state ON day
WHEN NEW.state <> OLD.state
 AND NOT EXISTS (SELECT 1 FROM move WHERE thing = 'day' AND was = OLD.state AND becomes = NEW.state)
BEGIN SELECT RAISE(ABORT, 'day: no such transition'); END;
CREATE TRIGGER day_agreement_moves BEFORE UPDATE OF agreement ON day
WHEN NEW.agreement <> OLD.agreement
 AND NOT EXISTS (SELECT 1 FROM move WHERE thing = 'agreement' AND was = OLD.agreement AND becomes = NEW.agreement)
BEGIN SELECT RAISE(ABORT, 'agreement: no such transition'); END;
CREATE TRIGGER day_cut_once BEFORE UPDATE OF date, cut_at, last_payment ON day
WHEN NEW.date <> OLD.date OR (OLD.cut_at IS NOT NULL
 AND (NEW.cut_at IS NOT OLD.cut_at OR NEW.last_payment IS NOT OLD.last_payment))
BEGIN SELECT RAISE(ABORT, 'day: what belongs to it is frozen'); END;
CREATE TRIGGER day_stays BEFORE DELETE ON day
BEGIN SELECT RAISE(ABORT, 'day: cannot be deleted'); END;

-- What a day's agreement found payment by payment; only one side, or another amount or state.
CREATE TABLE difference (
    day        INTEGER NOT NULL REFERENCES day,
    ref        TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('only here', 'only there', 'not ours', 'amount', 'state')),
    ours_fen   INTEGER,
    theirs_fen INTEGER,
    words      TEXT NOT NULL DEFAULT '',
    repair     TEXT CHECK (repair IN ('told again', 'undone again', 'explained')), -- what two people did about it
    repaired_at INTEGER,
    PRIMARY KEY (day, ref),
    CHECK ((repair IS NULL) = (repaired_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE operator (
    number      TEXT PRIMARY KEY CHECK (length(number) BETWEEN 1 AND 8),
    name        TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('teller', 'supervisor', 'technician', 'outside')), -- outside: another branch's supervisor, who only signs, by one-time code
    password    TEXT NOT NULL,           -- argon2id, with its salt and cost
    must_change INTEGER NOT NULL CHECK (must_change IN (0, 1)),
    wrong       INTEGER NOT NULL DEFAULT 0 CHECK (wrong >= 0),
    locked_ms   INTEGER NOT NULL DEFAULT 0, -- locked until then, or until a supervisor unlocks
    active      INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    seen_act    INTEGER NOT NULL DEFAULT 0  -- up to it all approvals in this person's name were shown to him
) STRICT, WITHOUT ROWID;
CREATE TRIGGER operator_stays BEFORE DELETE ON operator
BEGIN SELECT RAISE(ABORT, 'operator: cannot be deleted'); END;

-- Whose word is asked for with a one-time code (RFC 6238). The secret is hidden under the audit key; a step of 30 s is used once.
CREATE TABLE one_time (
    operator TEXT PRIMARY KEY REFERENCES operator,
    hidden   BLOB NOT NULL,
    step     INTEGER NOT NULL DEFAULT 0, -- the last one used
    made_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER one_time_once BEFORE UPDATE OF step ON one_time WHEN NEW.step <= OLD.step AND NEW.hidden = OLD.hidden
BEGIN SELECT RAISE(ABORT, 'one_time: a code is used once'); END;

-- A second person's word for exactly one act.
CREATE TABLE approval (
    id         INTEGER PRIMARY KEY,
    token      TEXT NOT NULL UNIQUE,
    act        TEXT NOT NULL,
    params     BLOB NOT NULL CHECK (length(params) = 32),  -- hash of the exact parameters
    checker    TEXT NOT NULL REFERENCES operator,
    terminal   TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    used_by    TEXT REFERENCES operator,
    CHECK ((used_at IS NULL) = (used_by IS NULL)),
    CHECK (used_by IS NULL OR used_by <> checker)
) STRICT;
CREATE TRIGGER approval_once BEFORE UPDATE ON approval
WHEN OLD.used_at IS NOT NULL OR NEW.act <> OLD.act OR NEW.params <> OLD.params OR NEW.token <> OLD.token
  OR NEW.checker <> OLD.checker OR NEW.expires_at <> OLD.expires_at OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'approval: used once, never altered'); END;
CREATE TRIGGER approval_stays BEFORE DELETE ON approval
BEGIN SELECT RAISE(ABORT, 'approval: cannot be deleted'); END;

-- What two people did. Append-only.
CREATE TABLE act (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    act     TEXT NOT NULL,
    subject TEXT NOT NULL,               -- key, number, till, operator
    maker   TEXT NOT NULL REFERENCES operator,
    checker TEXT NOT NULL REFERENCES operator,
    approval INTEGER NOT NULL UNIQUE REFERENCES approval,
    CHECK (maker <> checker)
) STRICT;
CREATE INDEX act_subject ON act (subject, act);
CREATE INDEX act_checker ON act (checker, id);
CREATE INDEX act_at ON act (act, at);
CREATE INDEX act_of_day ON act (at);
-- Acts above operator.seen_act that were shown to their checker; those below all were.
CREATE TABLE act_seen (act INTEGER PRIMARY KEY REFERENCES act) STRICT;
CREATE TRIGGER act_no_update BEFORE UPDATE ON act
BEGIN SELECT RAISE(ABORT, 'act: append-only'); END;
CREATE TRIGGER act_no_delete BEFORE DELETE ON act
BEGIN SELECT RAISE(ABORT, 'act: append-only'); END;

-- One row an opening of a till.
CREATE TABLE till (
    id        INTEGER PRIMARY KEY,
    number    TEXT NOT NULL CHECK (number GLOB '[0-9][0-9]'),
    terminal  TEXT NOT NULL,
    operator  TEXT NOT NULL REFERENCES operator,
    day       INTEGER NOT NULL REFERENCES day,
    state     TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'counted', 'closed')),
    float_fen INTEGER NOT NULL CHECK (float_fen >= 0),
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    handed_to TEXT REFERENCES operator,  -- closed by handing it over to this person
    handed_fen INTEGER,                  -- and so much; in transit until he has opened
    taken_by  INTEGER REFERENCES till,   -- the opening that took it; itself: two people put it into the vault
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX till_one_a_number   ON till (number)   WHERE state <> 'closed';
CREATE UNIQUE INDEX till_one_a_terminal ON till (terminal) WHERE state <> 'closed';
CREATE UNIQUE INDEX till_one_a_person   ON till (operator) WHERE state <> 'closed';
CREATE INDEX till_number ON till (number, id);
CREATE INDEX till_day ON till (day, number);
CREATE INDEX till_in_transit ON till (number) WHERE handed_to IS NOT NULL AND taken_by IS NULL;
CREATE TRIGGER till_moves BEFORE UPDATE OF state ON till
WHEN NEW.state <> OLD.state
 AND NOT EXISTS (SELECT 1 FROM move WHERE thing = 'till' AND was = OLD.state AND becomes = NEW.state)
BEGIN SELECT RAISE(ABORT, 'till: no such transition'); END;
CREATE TRIGGER till_fixed BEFORE UPDATE OF number, terminal, operator, day, float_fen ON till
BEGIN SELECT RAISE(ABORT, 'till: fixed once opened'); END;
CREATE TRIGGER till_stays BEFORE DELETE ON till
BEGIN SELECT RAISE(ABORT, 'till: cannot be deleted'); END;

-- Blind counts: the sum is committed before the expected one is shown. Append-only.
CREATE TABLE count (
    id           INTEGER PRIMARY KEY,
    place        TEXT NOT NULL,          -- 'till:07' or 'vault'
    till         INTEGER REFERENCES till,
    at           INTEGER NOT NULL,
    day          INTEGER NOT NULL REFERENCES day,
    operator     TEXT NOT NULL REFERENCES operator,
    second       TEXT REFERENCES operator, -- needed for another count and for the vault
    counted_fen  INTEGER NOT NULL CHECK (counted_fen >= 0),
    expected_fen INTEGER NOT NULL,
    CHECK (second IS NULL OR second <> operator)
) STRICT;
CREATE INDEX count_till ON count (till, id);
CREATE INDEX count_day ON count (day, place);
CREATE TABLE count_note (
    count INTEGER NOT NULL REFERENCES count,
    fen   INTEGER NOT NULL CHECK (fen IN (10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 2, 1)),
    notes INTEGER NOT NULL CHECK (notes >= 0),
    PRIMARY KEY (count, fen)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER count_no_update BEFORE UPDATE ON count
BEGIN SELECT RAISE(ABORT, 'count: append-only'); END;
CREATE TRIGGER count_no_delete BEFORE DELETE ON count
BEGIN SELECT RAISE(ABORT, 'count: append-only'); END;

-- Counterfeit notes taken in: never tender, a memo of their own.
CREATE TABLE counterfeit (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    day      INTEGER NOT NULL REFERENCES day,
    till     INTEGER NOT NULL REFERENCES till,
    fen      INTEGER NOT NULL CHECK (fen > 0),
    serial   TEXT NOT NULL,
    series   TEXT NOT NULL,
    customer TEXT NOT NULL,
    maker    TEXT NOT NULL REFERENCES operator,
    checker  TEXT NOT NULL REFERENCES operator,
    CHECK (maker <> checker)
) STRICT;
CREATE TRIGGER counterfeit_no_update BEFORE UPDATE ON counterfeit
BEGIN SELECT RAISE(ABORT, 'counterfeit: append-only'); END;
CREATE TRIGGER counterfeit_no_delete BEFORE DELETE ON counterfeit
BEGIN SELECT RAISE(ABORT, 'counterfeit: append-only'); END;

-- DE 11: unique a day and terminal.
CREATE TABLE stan (
    day      INTEGER NOT NULL,
    terminal TEXT NOT NULL,
    last     INTEGER NOT NULL CHECK (last BETWEEN 1 AND 999999),
    PRIMARY KEY (day, terminal)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER stan_stays BEFORE DELETE ON stan
BEGIN SELECT RAISE(ABORT, 'stan: never goes back'); END;
CREATE TRIGGER stan_only_grows BEFORE UPDATE ON stan WHEN NEW.last <= OLD.last
BEGIN SELECT RAISE(ABORT, 'stan: never goes back'); END;

CREATE TABLE payment (
    id           INTEGER PRIMARY KEY,
    ref          TEXT NOT NULL UNIQUE CHECK (length(ref) = 12), -- DE 37: epoch and counter
    token        TEXT NOT NULL UNIQUE,   -- of its draft: a double Enter is one payment
    proc         INTEGER NOT NULL CHECK (proc = 500000 OR proc = 501000 OR proc = 210000 OR proc = 10000 OR proc = 200000 OR
                                        proc = 220000 OR proc = 920000 OR proc = 930000 OR proc = 940000 OR proc = 950000 OR
                                        proc = 350000),
    state        TEXT NOT NULL CHECK (state = 'recorded' OR state = 'posted' OR state = 'declined' OR state = 'advised' OR
                                      state = 'undoing' OR state = 'undone' OR state = 'short' OR state = 'excepted' OR
                                      state = 'reversing' OR state = 'reversed' OR state = 'settled'),
    customer     TEXT NOT NULL,
    name         TEXT NOT NULL,
    address      TEXT NOT NULL,
    account      TEXT NOT NULL,          -- special account, '' for cash; of one that is opened: as the bank answers
    balance_fen  INTEGER,                -- of that account behind it, as the bank answered
    bills_fen    INTEGER NOT NULL CHECK (bills_fen >= 0),
    late_fee_fen INTEGER NOT NULL CHECK (late_fee_fen >= 0),
    prepaid_fen  INTEGER NOT NULL CHECK (prepaid_fen >= 0),
    amount_fen   INTEGER NOT NULL CHECK (amount_fen BETWEEN 0 AND 999999999999),
    bill_count   INTEGER NOT NULL CHECK (bill_count BETWEEN 0 AND 12),
    tendered_fen INTEGER NOT NULL CHECK (tendered_fen >= 0),
    change_fen   INTEGER NOT NULL CHECK (change_fen >= 0),
    day          INTEGER NOT NULL REFERENCES day,
    taken_at     INTEGER NOT NULL,       -- DE 12, 13 in local time
    stan         INTEGER NOT NULL CHECK (stan BETWEEN 1 AND 999999),
    terminal     TEXT NOT NULL,
    till         INTEGER NOT NULL REFERENCES till,
    operator     TEXT NOT NULL REFERENCES operator,
    offline      INTEGER NOT NULL CHECK (offline IN (0, 1)), -- 1: gone on as an advice
    shown_at     INTEGER,                -- the counter took the bytes that say "recorded", or a person said so
    held         INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)), -- nothing sent or printed until a person has spoken:
                                         -- T1 was not acknowledged, or a restored backup holds it unfinished
    no_cash      INTEGER NOT NULL DEFAULT 0 CHECK (no_cash IN (0, 1)), -- he said: the cash is not in the till
    stood        TEXT CHECK (stood IN ('posted', 'excepted')), -- what a reversing one was
    code         TEXT,                   -- DE 39 of the last answer that counted
    approval     TEXT,                   -- DE 38
    reason       TEXT,
    answered_at  INTEGER,
    posted       INTEGER NOT NULL DEFAULT 0 CHECK (posted IN (0, 1)),   -- the utility answered that it has it
    undone       INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),   -- 0430 came
    reversed     INTEGER NOT NULL DEFAULT 0 CHECK (reversed IN (0, 1)), -- 0410 00 came
    foreign_undo INTEGER NOT NULL DEFAULT 0 CHECK (foreign_undo IN (0, 1)), -- excepted by RV or 12
    kept         INTEGER CHECK (kept IN (0, 1)),         -- settled: was the money kept
    rest_fen     INTEGER NOT NULL DEFAULT 0 CHECK (rest_fen >= 0),   -- short: what did not come back
    moved_fen    INTEGER NOT NULL DEFAULT 0 CHECK (moved_fen BETWEEN 0 AND amount_fen), -- refunded, or transferred to another customer
    owed_fen     INTEGER NOT NULL DEFAULT 0 CHECK (owed_fen >= 0),   -- to be given back to the customer
    handed_fen   INTEGER NOT NULL DEFAULT 0 CHECK (handed_fen >= 0), -- given back
    handed_at    INTEGER,
    adopted      INTEGER NOT NULL DEFAULT 0 CHECK (adopted IN (0, 1)), -- lost with a disk, taken up again under its old key
    audit        INTEGER NOT NULL UNIQUE REFERENCES audit,           -- the record of its T1
    CHECK (amount_fen = bills_fen + late_fee_fen + prepaid_fen),
    CHECK ((proc <> 500000 AND proc <> 210000 AND proc <> 920000) OR tendered_fen - change_fen = amount_fen),
    CHECK (amount_fen > 0 OR bill_count > 0 OR proc = 920000 OR proc = 930000 OR proc = 940000 OR proc = 950000 OR proc = 350000),
    CHECK (bill_count = 0 OR proc = 500000 OR proc = 501000 OR proc = 220000),
    CHECK (offline = 0 OR proc = 500000), -- all others are asked on line only
    CHECK (account <> '' OR proc = 500000 OR proc = 200000 OR proc = 220000 OR proc = 920000),
    CHECK ((state = 'reversing') <= (stood IS NOT NULL)),
    CHECK ((state = 'settled') = (kept IS NOT NULL)),
    CHECK (foreign_undo = 0 OR posted = 0),
    CHECK (owed_fen + handed_fen <= amount_fen)
) STRICT;
CREATE INDEX payment_customer ON payment (customer, id);
CREATE INDEX payment_terminal ON payment (terminal, id);
-- totals are read from this index alone
CREATE INDEX payment_totals ON payment (day, operator, state, posted, undone, reversed, foreign_undo, kept, proc, offline,
    amount_fen, bills_fen, late_fee_fen, prepaid_fen, taken_at);
-- what waits is a handful of rows, however many payments there are
CREATE INDEX payment_open ON payment (state, id)
    WHERE (state = 'recorded' OR state = 'advised' OR state = 'undoing' OR state = 'reversing' OR state = 'excepted' OR
           state = 'short');
CREATE INDEX payment_owed ON payment (day, operator, owed_fen) WHERE owed_fen > 0;
CREATE INDEX payment_handed ON payment (day, operator, handed_fen) WHERE handed_fen > 0;
CREATE INDEX payment_refund ON payment (day, operator, amount_fen) WHERE proc = 200000 AND posted = 1 AND undone = 0;
-- what special accounts moved in a day
CREATE INDEX payment_bank ON payment (day, operator, proc, state, amount_fen)
    WHERE (proc = 210000 OR proc = 10000 OR proc = 920000 OR proc = 950000 OR proc = 501000);
CREATE INDEX payment_held ON payment (id) WHERE held = 1;
CREATE INDEX payment_offline ON payment (day, amount_fen) WHERE offline = 1 AND undone = 0; -- what the limits count
CREATE INDEX payment_not_shown ON payment (id) WHERE shown_at IS NULL;

CREATE TRIGGER payment_moves BEFORE UPDATE OF state ON payment
WHEN NEW.state <> OLD.state
 AND NOT EXISTS (SELECT 1 FROM move WHERE thing = 'payment' AND was = OLD.state AND becomes = NEW.state)
BEGIN SELECT RAISE(ABORT, 'payment: no such transition'); END;
CREATE TRIGGER payment_on_line_only BEFORE UPDATE OF state ON payment WHEN NEW.state = 'advised' AND OLD.proc <> 500000
BEGIN SELECT RAISE(ABORT, 'payment: it is asked on line only'); END;
CREATE TRIGGER payment_starts BEFORE INSERT ON payment WHEN NEW.state NOT IN ('recorded', 'advised')
BEGIN SELECT RAISE(ABORT, 'payment: starts recorded or advised'); END;
CREATE TRIGGER payment_back_as_it_stood BEFORE UPDATE OF state ON payment
WHEN OLD.state = 'reversing' AND NEW.state IN ('posted', 'excepted') AND NEW.state <> OLD.stood
BEGIN SELECT RAISE(ABORT, 'payment: a refused reversal leaves it as it stood'); END;
CREATE TRIGGER payment_settled_with_its_row BEFORE UPDATE OF state ON payment
WHEN NEW.state = 'settled' AND (OLD.state = 'advised' OR OLD.state = 'undoing' OR OLD.state = 'reversing')
 AND NOT EXISTS (SELECT 1 FROM outbox WHERE payment = OLD.id AND state = 'parked')
BEGIN SELECT RAISE(ABORT, 'payment: settled only with a parked row'); END;
CREATE TRIGGER payment_settled_by_two BEFORE UPDATE OF state ON payment
WHEN NEW.state = 'settled' AND NOT EXISTS (SELECT 1 FROM act WHERE subject = OLD.ref AND act = 'settle')
BEGIN SELECT RAISE(ABORT, 'payment: settled by two people only'); END;
CREATE TRIGGER payment_fixed BEFORE UPDATE OF id, ref, token, proc, customer, name, address, bills_fen, late_fee_fen,
    prepaid_fen, amount_fen, bill_count, tendered_fen, change_fen, day, taken_at, stan, terminal, till,
    operator, audit ON payment
BEGIN SELECT RAISE(ABORT, 'payment: what was recorded is fixed'); END;
CREATE TRIGGER payment_account_once BEFORE UPDATE OF account ON payment
WHEN NEW.account <> OLD.account AND (OLD.account <> '' OR OLD.proc <> 920000)
BEGIN SELECT RAISE(ABORT, 'payment: its account is fixed'); END;
CREATE TRIGGER payment_shown_once BEFORE UPDATE OF shown_at ON payment
WHEN OLD.shown_at IS NOT NULL AND NEW.shown_at IS NOT OLD.shown_at
BEGIN SELECT RAISE(ABORT, 'payment: shown once'); END;
CREATE TRIGGER payment_stays BEFORE DELETE ON payment
BEGIN SELECT RAISE(ABORT, 'payment: cannot be deleted'); END;
CREATE TRIGGER payment_on_an_open_day BEFORE INSERT ON payment
WHEN (SELECT state FROM day WHERE date = NEW.day) IS NOT 'open'
BEGIN SELECT RAISE(ABORT, 'payment: the business day is not open'); END;

-- Whose money a refund or a transfer moves, and where at the utility it lay.
CREATE TABLE source (
    payment  INTEGER PRIMARY KEY REFERENCES payment,
    original INTEGER REFERENCES payment,    -- NULL: the credit as a whole
    place    TEXT NOT NULL CHECK (place IN ('BL', 'PP', 'SU')),
    CHECK (original <> payment),
    CHECK (original IS NOT NULL OR place = 'PP')
) STRICT;
CREATE INDEX source_original ON source (original) WHERE original IS NOT NULL;
CREATE TRIGGER source_fixed BEFORE UPDATE ON source
BEGIN SELECT RAISE(ABORT, 'source: fixed'); END;
CREATE TRIGGER source_stays BEFORE DELETE ON source
BEGIN SELECT RAISE(ABORT, 'source: cannot be deleted'); END;

-- What templates and cards need beyond the money: JSON, opaque here.
CREATE TABLE detail (
    payment INTEGER PRIMARY KEY REFERENCES payment,
    data    TEXT NOT NULL CHECK (length(data) <= 65536)
) STRICT;
CREATE TRIGGER detail_fixed BEFORE UPDATE ON detail
BEGIN SELECT RAISE(ABORT, 'detail: fixed'); END;

CREATE TABLE payment_bill (
    payment      INTEGER NOT NULL REFERENCES payment,
    position     INTEGER NOT NULL CHECK (position BETWEEN 0 AND 11),
    bill         TEXT NOT NULL,
    period       TEXT NOT NULL,
    amount_fen   INTEGER NOT NULL CHECK (amount_fen >= 0),
    late_fee_fen INTEGER NOT NULL CHECK (late_fee_fen >= 0),
    place        TEXT CHECK (place = 'BL' OR place = 'PP' OR place = 'SU' OR place = 'RV'), -- where the utility put it; NULL: unanswered
    live         INTEGER NOT NULL DEFAULT 1 CHECK (live IN (0, 1)),
    PRIMARY KEY (payment, position)
) STRICT, WITHOUT ROWID;
-- The second guard: a bill stands in at most one payment that may yet have paid it.
CREATE UNIQUE INDEX payment_bill_once ON payment_bill (bill) WHERE live = 1;
CREATE TRIGGER payment_bill_fixed BEFORE UPDATE OF payment, position, bill, period, amount_fen, late_fee_fen ON payment_bill
BEGIN SELECT RAISE(ABORT, 'payment_bill: fixed'); END;
CREATE TRIGGER payment_bill_stays BEFORE DELETE ON payment_bill
BEGIN SELECT RAISE(ABORT, 'payment_bill: cannot be deleted'); END;
CREATE TRIGGER payment_frees_bills AFTER UPDATE OF state ON payment WHEN NEW.state <> OLD.state
BEGIN
    UPDATE payment_bill SET live = CASE
        WHEN (NEW.state = 'declined' OR NEW.state = 'undone' OR NEW.state = 'short' OR NEW.state = 'reversed') THEN 0
        WHEN NEW.state = 'settled' THEN NEW.kept = 1 AND place IS 'BL'
        ELSE (place IS NULL OR place = 'BL') -- after a restore one that is taken up may hold it instead
         AND NOT EXISTS (SELECT 1 FROM payment_bill o WHERE o.bill = payment_bill.bill AND o.live = 1 AND o.payment <> NEW.id) END
     WHERE payment = NEW.id;
END;

-- Where the utility put each part (DX): a divided part has two rows.
CREATE TABLE disposition (
    payment    INTEGER NOT NULL REFERENCES payment,
    position   INTEGER NOT NULL,
    answer     TEXT NOT NULL CHECK (answer = '0210' OR answer = '0230' OR answer = '0410' OR answer = '0430'),
    part       TEXT NOT NULL,
    place      TEXT NOT NULL CHECK (place = 'BL' OR place = 'PP' OR place = 'SU' OR place = 'RV'),
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    PRIMARY KEY (payment, answer, position)
) STRICT, WITHOUT ROWID;

-- The journal: each row is one debit and one credit, so that it can't be out of balance.
CREATE TABLE entry (
    id         INTEGER PRIMARY KEY,
    event      TEXT NOT NULL,
    at         INTEGER NOT NULL,
    booked     INTEGER NOT NULL,         -- booking date
    day        INTEGER NOT NULL,         -- business date: totals and agreement go by it
    payment    INTEGER REFERENCES payment,
    till       INTEGER REFERENCES till,
    debit      TEXT NOT NULL,
    credit     TEXT NOT NULL,
    commodity  TEXT NOT NULL DEFAULT 'CNY' CHECK (commodity IN ('CNY', 'CFT')),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    operator   TEXT NOT NULL,
    CHECK (debit <> credit),
    CHECK (debit = 'vault' OR debit = 'clearing-bank' OR debit = 'awaiting-utility' OR debit = 'awaiting-bank' OR
           debit = 'owed-to-utility' OR debit = 'to-be-given-back' OR debit = 'claims' OR debit = 'loss' OR
           debit = 'in-transit' OR debit = 'over-short' OR debit = 'counterfeit' OR debit = 'counterfeit-owners'
           OR debit  GLOB 'till:[0-9][0-9]'),
    CHECK ((credit = 'vault' OR credit = 'clearing-bank' OR credit = 'awaiting-utility' OR credit = 'awaiting-bank' OR
            credit = 'owed-to-utility' OR credit = 'to-be-given-back' OR credit = 'claims' OR credit = 'loss' OR
            credit = 'in-transit' OR credit = 'over-short' OR credit = 'counterfeit' OR credit = 'counterfeit-owners')
           OR credit GLOB 'till:[0-9][0-9]')
) STRICT;
CREATE INDEX entry_payment ON entry (payment) WHERE payment IS NOT NULL;
CREATE UNIQUE INDEX entry_once ON entry (payment, event) WHERE event IN ('recorded', 'deposited', 'withdrawn', 'posted'); -- cash in or out once, owed once
CREATE INDEX entry_day ON entry (day, event);
CREATE INDEX entry_till ON entry (till) WHERE till IS NOT NULL;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entry: append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entry: append-only'); END;

-- What each account holds, kept by the journal itself so that no screen ever sums it up.
CREATE TABLE account (
    name        TEXT NOT NULL,
    commodity   TEXT NOT NULL,
    balance_fen INTEGER NOT NULL,        -- debits less credits
    PRIMARY KEY (name, commodity)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER entry_balances AFTER INSERT ON entry
BEGIN
    INSERT INTO account (name, commodity, balance_fen) VALUES (NEW.debit, NEW.commodity, NEW.amount_fen)
        ON CONFLICT DO UPDATE SET balance_fen = balance_fen + excluded.balance_fen;
    INSERT INTO account (name, commodity, balance_fen) VALUES (NEW.credit, NEW.commodity, -NEW.amount_fen)
        ON CONFLICT DO UPDATE SET balance_fen = balance_fen + excluded.balance_fen;
END;
CREATE TRIGGER entry_owed AFTER INSERT ON entry WHEN NEW.debit = 'owed-to-utility' OR NEW.credit = 'owed-to-utility'
BEGIN
    UPDATE day SET owed_fen = owed_fen + iif(NEW.credit = 'owed-to-utility', NEW.amount_fen, -NEW.amount_fen)
     WHERE date = NEW.day;
END;

-- Store and forward. Bytes never change, nothing expires.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    payment    INTEGER NOT NULL REFERENCES payment,
    class      TEXT NOT NULL CHECK (class = '0200' OR class = '0220' OR class = '0400' OR class = '0420' OR class = 'notice'),
    ref        TEXT NOT NULL CHECK (length(ref) = 12),  -- DE 37 of the message; a notice has its own
    state      TEXT NOT NULL DEFAULT 'ready' CHECK (state = 'ready' OR state = 'in flight' OR state = 'done' OR
                                        state = 'parked' OR state = 'settled'),
    tries      INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    bytes      BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 8192),
    made_at    INTEGER NOT NULL,
    not_before INTEGER NOT NULL DEFAULT 0,
    sent_at    INTEGER,
    code       TEXT,                     -- of the refusal that parked it
    why        TEXT,
    CHECK (class <> '0200' OR state NOT IN ('parked', 'settled'))
) STRICT;
CREATE INDEX outbox_payment ON outbox (payment, id);
CREATE INDEX outbox_ready  ON outbox (id) WHERE state = 'ready';
CREATE INDEX outbox_urgent ON outbox (id) WHERE state = 'ready' AND class IN ('0200', '0400');
CREATE INDEX outbox_open   ON outbox (state, id) WHERE (state = 'ready' OR state = 'in flight' OR state = 'parked');
CREATE INDEX outbox_notice ON outbox (ref) WHERE class = 'notice';
CREATE TRIGGER outbox_moves BEFORE UPDATE OF state ON outbox
WHEN NEW.state <> OLD.state
 AND NOT EXISTS (SELECT 1 FROM move WHERE thing = 'outbox' AND was = OLD.state AND becomes = NEW.state)
BEGIN SELECT RAISE(ABORT, 'outbox: no such transition'); END;
CREATE TRIGGER outbox_starts BEFORE INSERT ON outbox WHEN NEW.state <> 'ready' OR NEW.tries <> 0
BEGIN SELECT RAISE(ABORT, 'outbox: starts ready'); END;
CREATE TRIGGER outbox_fixed BEFORE UPDATE OF id, payment, class, ref, bytes, made_at ON outbox
BEGIN SELECT RAISE(ABORT, 'outbox: bytes never change'); END;
CREATE TRIGGER outbox_tries BEFORE UPDATE OF tries ON outbox WHEN NEW.tries < OLD.tries
BEGIN SELECT RAISE(ABORT, 'outbox: tries only grow'); END;
CREATE TRIGGER outbox_stays BEFORE DELETE ON outbox
BEGIN SELECT RAISE(ABORT, 'outbox: cannot be deleted'); END;
-- A digest made with the bytes, so that a change behind the triggers' back is seen.
CREATE TABLE outbox_digest (
    id     INTEGER PRIMARY KEY REFERENCES outbox,
    digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
CREATE TRIGGER outbox_digest_fixed BEFORE UPDATE ON outbox_digest
BEGIN SELECT RAISE(ABORT, 'outbox: bytes never change'); END;
CREATE TRIGGER outbox_digest_stays BEFORE DELETE ON outbox_digest
BEGIN SELECT RAISE(ABORT, 'outbox: cannot be deleted'); END;

-- Runs of numbers, each issued to one till and loaded in one printer.
-- Ranges of numbers as the branch received them; a book is a part of one, and no numbers are in two.
CREATE TABLE received (
    id      INTEGER PRIMARY KEY,
    series  TEXT NOT NULL CHECK (length(series) BETWEEN 1 AND 20),
    first   INTEGER NOT NULL CHECK (first >= 0),
    last    INTEGER NOT NULL,
    digits  INTEGER NOT NULL CHECK (digits BETWEEN 1 AND 18), -- as printed on the paper
    at      INTEGER NOT NULL,
    maker   TEXT NOT NULL REFERENCES operator,
    checker TEXT REFERENCES operator,    -- NULL: it came with the installation, as its first book
    CHECK (last >= first),
    CHECK (checker IS NULL OR checker <> maker)
) STRICT;
CREATE INDEX received_series ON received (series, first);
CREATE TRIGGER received_no_overlap BEFORE INSERT ON received
WHEN EXISTS (SELECT 1 FROM received WHERE series = NEW.series AND first <= NEW.last AND last >= NEW.first)
BEGIN SELECT RAISE(ABORT, 'received: its numbers stand in another range'); END;
CREATE TRIGGER received_fixed BEFORE UPDATE ON received
BEGIN SELECT RAISE(ABORT, 'received: append-only'); END;
CREATE TRIGGER received_stays BEFORE DELETE ON received
BEGIN SELECT RAISE(ABORT, 'received: append-only'); END;

CREATE TABLE book (
    id        INTEGER PRIMARY KEY,
    received  INTEGER NOT NULL REFERENCES received,
    series    TEXT NOT NULL CHECK (length(series) BETWEEN 1 AND 20),
    first     INTEGER NOT NULL CHECK (first >= 0),
    last      INTEGER NOT NULL,
    digits    INTEGER NOT NULL CHECK (digits BETWEEN 1 AND 18), -- as printed on the paper
    till      TEXT NOT NULL,             -- the till's number
    next      INTEGER NOT NULL,          -- last + 1: used up
    state     TEXT NOT NULL DEFAULT 'loaded' CHECK (state IN ('loaded', 'ended')),
    loaded_at INTEGER NOT NULL,
    loaded_by TEXT NOT NULL REFERENCES operator,
    CHECK (last >= first AND next BETWEEN first AND last + 1)
) STRICT;
CREATE UNIQUE INDEX book_one_a_till ON book (till) WHERE state = 'loaded';
CREATE INDEX book_series ON book (series, first);
CREATE INDEX book_received ON book (received);
CREATE TRIGGER book_no_overlap BEFORE INSERT ON book
WHEN EXISTS (SELECT 1 FROM book WHERE series = NEW.series AND first <= NEW.last AND last >= NEW.first)
BEGIN SELECT RAISE(ABORT, 'book: its numbers stand in another'); END;
CREATE TRIGGER book_in_its_range BEFORE INSERT ON book
WHEN NOT EXISTS (SELECT 1 FROM received WHERE id = NEW.received AND series = NEW.series AND digits = NEW.digits
                 AND first <= NEW.first AND last >= NEW.last)
BEGIN SELECT RAISE(ABORT, 'book: not of the range that it was taken out of'); END;
CREATE TRIGGER book_fixed BEFORE UPDATE OF id, received, series, first, last, digits ON book
BEGIN SELECT RAISE(ABORT, 'book: fixed once loaded'); END;
CREATE TRIGGER book_stays BEFORE DELETE ON book
BEGIN SELECT RAISE(ABORT, 'book: cannot be deleted'); END;

-- Numbers that went back unused: the rest of a book, or of a range that no book was taken out of. Append-only.
CREATE TABLE returned (
    id       INTEGER PRIMARY KEY,
    received INTEGER NOT NULL REFERENCES received,
    book     INTEGER UNIQUE REFERENCES book, -- NULL: they were never issued to a till
    series   TEXT NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    maker    TEXT NOT NULL REFERENCES operator,
    checker  TEXT NOT NULL REFERENCES operator,
    CHECK (last >= first),
    CHECK (checker <> maker)
) STRICT;
CREATE INDEX returned_series ON returned (series, first);
CREATE INDEX returned_received ON returned (received);
CREATE TRIGGER returned_unused BEFORE INSERT ON returned
WHEN NOT EXISTS (SELECT 1 FROM received WHERE id = NEW.received AND series = NEW.series AND first <= NEW.first AND last >= NEW.last)
  OR EXISTS (SELECT 1 FROM returned WHERE series = NEW.series AND first <= NEW.last AND last >= NEW.first)
  OR EXISTS (SELECT 1 FROM number WHERE series = NEW.series AND number BETWEEN NEW.first AND NEW.last AND state <> 'unused')
  OR EXISTS (SELECT 1 FROM book WHERE series = NEW.series AND first <= NEW.last AND last >= NEW.first AND id IS NOT NEW.book)
  OR (NEW.book IS NOT NULL AND NOT EXISTS (SELECT 1 FROM book WHERE id = NEW.book AND state = 'ended' AND next = NEW.first AND last = NEW.last))
BEGIN SELECT RAISE(ABORT, 'returned: not unused numbers'); END;
CREATE TRIGGER returned_fixed BEFORE UPDATE ON returned
BEGIN SELECT RAISE(ABORT, 'returned: append-only'); END;
CREATE TRIGGER returned_stays BEFORE DELETE ON returned
BEGIN SELECT RAISE(ABORT, 'returned: append-only'); END;
CREATE TRIGGER book_not_returned BEFORE INSERT ON book
WHEN EXISTS (SELECT 1 FROM returned WHERE series = NEW.series AND first <= NEW.last AND last >= NEW.first)
BEGIN SELECT RAISE(ABORT, 'book: some of its numbers went back'); END;
CREATE TRIGGER book_returned BEFORE UPDATE OF state, next ON book
WHEN EXISTS (SELECT 1 FROM returned WHERE book = OLD.id)
BEGIN SELECT RAISE(ABORT, 'book: its rest went back'); END;

CREATE TABLE invoice (
    id         INTEGER PRIMARY KEY,
    payment    INTEGER NOT NULL REFERENCES payment,
    kind       TEXT NOT NULL CHECK (kind IN ('invoice', 'receipt')), -- a receipt has no number
    state      TEXT NOT NULL CHECK (state = 'planned' OR state = 'sent' OR state = 'confirmed' OR state = 'spoiled' OR
                                    state = 'dropped' OR state = 'cancelled'),
    book       INTEGER REFERENCES book,
    series     TEXT,
    number     INTEGER,
    attempt    INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    doubt      TEXT CHECK (doubt IN ('unknown', 'handed-over')), -- a sent one that a person must look at
    planned_at INTEGER NOT NULL,
    sent_at    INTEGER,
    settled_at INTEGER,
    paper      TEXT CHECK (paper IN ('returned', 'missing')), -- of a spoiled or cancelled one
    reprints   INTEGER NOT NULL DEFAULT 0 CHECK (reprints >= 0),
    CHECK ((series IS NULL) = (number IS NULL) AND (book IS NULL) = (number IS NULL)),
    CHECK (state NOT IN ('planned', 'dropped') OR number IS NULL),
    CHECK (kind <> 'receipt' OR number IS NULL),
    CHECK (kind <> 'invoice' OR state IN ('planned', 'dropped') OR number IS NOT NULL),
    CHECK (doubt IS NULL OR state = 'sent')
) STRICT;
CREATE UNIQUE INDEX invoice_one_stands ON invoice (payment) WHERE (state = 'planned' OR state = 'sent' OR state = 'confirmed');
CREATE INDEX invoice_payment ON invoice (payment, id);
-- a number that had a byte taken is the invoice's for ever; "planned" again gives it up
CREATE UNIQUE INDEX invoice_number ON invoice (series, number) WHERE number IS NOT NULL;
CREATE INDEX invoice_open ON invoice (state, id) WHERE state IN ('planned', 'sent');
CREATE INDEX invoice_sent ON invoice (sent_at, state, payment) WHERE number IS NOT NULL; -- paper of a day
CREATE UNIQUE INDEX invoice_one_a_book ON invoice (book) WHERE state = 'sent' AND book IS NOT NULL;
CREATE TRIGGER invoice_moves BEFORE UPDATE OF state ON invoice
WHEN NEW.state <> OLD.state
 AND NOT EXISTS (SELECT 1 FROM move WHERE thing = 'invoice' AND was = OLD.state AND becomes = NEW.state)
BEGIN SELECT RAISE(ABORT, 'invoice: no such transition'); END;
CREATE TRIGGER invoice_starts BEFORE INSERT ON invoice WHEN NEW.state <> 'planned'
BEGIN SELECT RAISE(ABORT, 'invoice: starts planned'); END;
CREATE TRIGGER invoice_keeps_number BEFORE UPDATE OF number, series ON invoice
WHEN OLD.state <> 'planned' AND NEW.state <> 'planned'
 AND (NEW.number IS NOT OLD.number OR NEW.series IS NOT OLD.series)
BEGIN SELECT RAISE(ABORT, 'invoice: its number is its own for ever'); END;
CREATE TRIGGER invoice_fixed BEFORE UPDATE OF id, payment, kind, planned_at ON invoice
BEGIN SELECT RAISE(ABORT, 'invoice: fixed'); END;
CREATE TRIGGER invoice_attempts BEFORE UPDATE OF attempt ON invoice WHEN NEW.attempt < OLD.attempt
BEGIN SELECT RAISE(ABORT, 'invoice: attempts only grow'); END;
CREATE TRIGGER invoice_stays BEFORE DELETE ON invoice
BEGIN SELECT RAISE(ABORT, 'invoice: cannot be deleted'); END;
CREATE TRIGGER invoice_only_of_what_stands BEFORE UPDATE OF state ON invoice
WHEN NEW.state = 'sent' AND OLD.state = 'planned'
 AND NOT EXISTS (SELECT 1 FROM payment WHERE id = NEW.payment AND held = 0
     AND (state IN ('posted', 'advised') OR (state = 'excepted' AND foreign_undo = 0) OR (state = 'settled' AND kept = 1)))
BEGIN SELECT RAISE(ABORT, 'invoice: its payment does not stand'); END;

-- Numbers that were touched; one that was never touched has no row.
CREATE TABLE number (
    series  TEXT NOT NULL,
    number  INTEGER NOT NULL,
    book    INTEGER NOT NULL REFERENCES book,
    state   TEXT NOT NULL CHECK (state = 'unused' OR state = 'assigned' OR state = 'used' OR state = 'void' OR state = 'lost' OR
                                 state = 'damaged'),
    invoice INTEGER REFERENCES invoice,
    paper   TEXT CHECK (paper IN ('seen', 'missing')), -- of a void one: handed in to a supervisor
    PRIMARY KEY (series, number),
    CHECK ((state = 'assigned' OR state = 'used' OR state = 'void') = (invoice IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX number_invoice ON number (invoice);
CREATE INDEX number_void ON number (book) WHERE state = 'void' AND paper IS NULL; -- sheets nobody has seen yet
CREATE TRIGGER number_moves BEFORE UPDATE OF state ON number
WHEN NEW.state <> OLD.state
 AND NOT EXISTS (SELECT 1 FROM move WHERE thing = 'number' AND was = OLD.state AND becomes = NEW.state)
BEGIN SELECT RAISE(ABORT, 'number: no such transition'); END;
-- Written off when its book was loaded again after a restore, and on paper after all.
CREATE TRIGGER number_found_again BEFORE UPDATE OF state ON number
WHEN OLD.state = 'lost' AND NEW.state = 'assigned' AND (SELECT restored FROM branch) = 0
BEGIN SELECT RAISE(ABORT, 'number: what is lost stays lost'); END;
CREATE TRIGGER number_in_its_book BEFORE INSERT ON number
WHEN NOT EXISTS (SELECT 1 FROM book WHERE id = NEW.book AND series = NEW.series AND NEW.number BETWEEN first AND last)
BEGIN SELECT RAISE(ABORT, 'number: not of that book'); END;
CREATE TRIGGER number_not_returned BEFORE UPDATE OF state ON number
WHEN NEW.state <> 'unused' AND EXISTS (SELECT 1 FROM returned WHERE series = NEW.series AND NEW.number BETWEEN first AND last)
BEGIN SELECT RAISE(ABORT, 'number: it went back unused'); END;
CREATE TRIGGER number_keeps_invoice BEFORE UPDATE OF invoice ON number
WHEN OLD.invoice IS NOT NULL AND NEW.state <> 'unused' AND NEW.invoice IS NOT OLD.invoice
BEGIN SELECT RAISE(ABORT, 'number: belongs to its invoice'); END;
CREATE TRIGGER number_fixed BEFORE UPDATE OF series, number, book ON number
BEGIN SELECT RAISE(ABORT, 'number: fixed'); END;
CREATE TRIGGER number_stays BEFORE DELETE ON number
BEGIN SELECT RAISE(ABORT, 'number: cannot be deleted'); END;

-- After a restore: the keys that two people speak for, with what the utility has of each (NULL: nothing).
CREATE TABLE restored (
    ref         TEXT PRIMARY KEY CHECK (length(ref) = 12),
    kind        TEXT NOT NULL CHECK (kind IN ('held', 'differs', 'lacking', 'past')), -- unfinished in the backup; other there; not in
                                         -- the backup; spoken for after an earlier restore, which says nothing of this one
    theirs      TEXT CHECK (theirs IN ('posted', 'declined', 'reversed', 'undone', 'tombstone')),
    proc        INTEGER,
    day         INTEGER,
    customer    TEXT,
    bills       TEXT,                    -- as in the file: bill:fen;…
    places      TEXT,                    -- PP:fen;SU:fen
    amount_fen  INTEGER,
    rest_fen    INTEGER,
    approval    TEXT,
    answered_at INTEGER,
    taken_at    INTEGER,
    stan        INTEGER,
    terminal    TEXT,
    settled_at  INTEGER                  -- two people have spoken
) STRICT, WITHOUT ROWID;
CREATE INDEX restored_open ON restored (kind, ref) WHERE settled_at IS NULL;
CREATE TRIGGER restored_stays BEFORE DELETE ON restored
BEGIN SELECT RAISE(ABORT, 'restored: cannot be deleted'); END;
-- What the utility was told of numbers since the backup: no book goes on below them.
CREATE TABLE restored_number (
    id     INTEGER PRIMARY KEY,
    ref    TEXT NOT NULL,                -- of the payment
    series TEXT NOT NULL,
    number INTEGER NOT NULL,
    told   TEXT NOT NULL CHECK (told IN ('printed', 'spoiled', 'cancelled'))
) STRICT;
CREATE INDEX restored_number_ref ON restored_number (ref, id);
CREATE INDEX restored_number_series ON restored_number (series, number);

-- Audit: append-only, each record's hash covers the one before it, under a key that is not in here.
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    event    TEXT NOT NULL,
    operator TEXT NOT NULL,              -- '' : the program
    second   TEXT NOT NULL,              -- '' : nobody
    terminal TEXT NOT NULL,
    subject  TEXT NOT NULL,
    words    TEXT NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    CHECK (second = '' OR second <> operator)
) STRICT;
CREATE INDEX audit_subject ON audit (subject, id);
CREATE TRIGGER audit_next BEFORE INSERT ON audit
WHEN NEW.id <> (SELECT audit_id + 1 FROM branch)
BEGIN SELECT RAISE(ABORT, 'audit: records follow one another'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit: append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit: append-only'); END;
