-- When each task is due. A worker's tick takes the due rows, inserts their
-- jobs and advances next_run_at in one transaction. The declared_ columns hold
-- what the code last declared, so that a new release changes what an operator
-- has left alone, and nothing else.
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

-- What happened to items, written by triggers in the statement that did it,
-- so that counts per day can be made again at any time.
CREATE TABLE item_events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id INTEGER NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'expired', 'deleted')),
    at      TEXT NOT NULL
) STRICT;

CREATE INDEX item_events_by_time ON item_events (at);

CREATE TABLE item_stats (
    day        TEXT PRIMARY KEY,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    expired    INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TRIGGER items_created AFTER INSERT ON items BEGIN
    INSERT INTO item_events (item_id, kind, at) VALUES (new.id, 'created', new.created_at);
END;

-- What the worker derives leaves updated_at alone, and is no event.
CREATE TRIGGER items_changed AFTER UPDATE OF updated_at ON items WHEN new.updated_at <> old.updated_at BEGIN
    INSERT INTO item_events (item_id, kind, at) VALUES (
        new.id,
        CASE WHEN new.deleted_at IS NOT NULL AND old.deleted_at IS NULL THEN 'deleted'
             WHEN new.status = 'expired' AND old.status <> 'expired' THEN 'expired'
             ELSE 'updated' END,
        new.updated_at);
END;

-- What the worker looks for.
CREATE INDEX items_to_enrich ON items (id) WHERE enriched_version < version;
CREATE INDEX items_to_expire ON items (expires_at, id) WHERE status = 'active' AND deleted_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX items_by_fingerprint ON items (fingerprint, id) WHERE fingerprint IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX items_by_duplicate_of ON items (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX items_deleted ON items (deleted_at, id) WHERE deleted_at IS NOT NULL;
