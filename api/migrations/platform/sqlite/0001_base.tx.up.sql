-- Times are UTC text of fixed width ("2006-01-02 15:04:05.000000+00:00"), so that their order as text is their order in
-- time.

-- One row for each worker process; the worker's loop keeps it.
CREATE TABLE workers (
    instance   TEXT PRIMARY KEY,
    version    TEXT NOT NULL,
    started_at TEXT NOT NULL,
    last_beat  TEXT NOT NULL,
    lag_ms     INTEGER NOT NULL DEFAULT 0,
    running    TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE INDEX workers_by_last_beat ON workers (last_beat);

-- The due time of each task. A worker's tick takes the due rows, inserts their jobs and advances next_run_at in one
-- transaction. The declared_ columns hold the code's last declaration, so that a new release changes only the values
-- that an operator has left alone.
CREATE TABLE schedules (
    name                    TEXT PRIMARY KEY,
    cron                    TEXT NOT NULL,
    time_zone               TEXT NOT NULL,
    missed_policy           TEXT NOT NULL CHECK (missed_policy IN ('skip', 'once', 'all')),
    overlap_policy          TEXT NOT NULL CHECK (overlap_policy IN ('skip', 'allow')),
    declared_cron           TEXT NOT NULL,
    declared_time_zone      TEXT NOT NULL,
    declared_missed_policy  TEXT NOT NULL,
    declared_overlap_policy TEXT NOT NULL,
    summary                 TEXT NOT NULL,
    paused                  INTEGER NOT NULL DEFAULT 0,
    next_run_at             TEXT NOT NULL,
    last_run_id             INTEGER,
    updated_at              TEXT NOT NULL
) STRICT;

CREATE INDEX schedules_due ON schedules (next_run_at) WHERE NOT paused;

-- The tokens of programs. hash is the token's SHA-256; the token itself is stored nowhere.
CREATE TABLE tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    hash         BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    scopes       TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    expires_at   TEXT,
    revoked_at   TEXT,
    last_used_at TEXT
) STRICT;

-- The responses to POSTs with an Idempotency-Key. Each is written in the transaction of its change. A request without
-- an effect has no row.
CREATE TABLE idempotency_keys (
    caller      TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status      INTEGER NOT NULL,
    header      TEXT NOT NULL,
    body        BLOB NOT NULL,
    expires_at  TEXT NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT;

-- The worker prunes by it.
CREATE INDEX idempotency_keys_expired ON idempotency_keys (expires_at);

-- The history in which the versions of rows count: the database's name when the API first used it, NULL before. A
-- restore brings another name, and ETags then differ.
CREATE TABLE history (name TEXT) STRICT;
INSERT INTO history (name) VALUES (NULL);
