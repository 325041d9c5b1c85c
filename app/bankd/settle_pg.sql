-- settle.sql on PostgreSQL, column for column.

CREATE TABLE settled (
    branch   TEXT COLLATE "C" NOT NULL,
    business BIGINT NOT NULL,
    fen      BIGINT NOT NULL,    -- below 0: more was given back than paid
    PRIMARY KEY (branch, business)
);
