-- Written by `go tool task generate` from api/migrations. Do not edit.

CREATE TABLE bun_migration_locks ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "table_name" VARCHAR, UNIQUE ("table_name"));

CREATE TABLE bun_migrations ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" VARCHAR, "group_id" INTEGER, "migrated_at" TIMESTAMP NOT NULL DEFAULT current_timestamp);

CREATE TABLE bun_product_migrations ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" VARCHAR, "group_id" INTEGER, "migrated_at" TIMESTAMP NOT NULL DEFAULT current_timestamp);

CREATE TABLE history (name TEXT) STRICT;

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

CREATE TABLE import_chunks (
    import_id  INTEGER NOT NULL,
    first_byte INTEGER NOT NULL,
    data       BLOB NOT NULL,
    PRIMARY KEY (import_id, first_byte)
) STRICT;

CREATE TABLE import_errors (
    import_id INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    line      INTEGER NOT NULL,
    field     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    PRIMARY KEY (import_id, position)
) STRICT;

CREATE TABLE import_keys (
    import_id   INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    line        INTEGER NOT NULL,
    PRIMARY KEY (import_id, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE imports (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    state            TEXT NOT NULL CHECK (state IN
        ('uploading', 'queued', 'validating', 'importing', 'completed', 'failed', 'cancelled')),
    format           TEXT NOT NULL,
    mode             TEXT NOT NULL,
    dry_run          INTEGER NOT NULL,
    max_errors       INTEGER NOT NULL,
    delimiter        TEXT NOT NULL,
    columns          TEXT NOT NULL,
    limit_bytes      INTEGER NOT NULL,
    bytes_received   INTEGER NOT NULL DEFAULT 0,
    bytes_total      INTEGER,
    bytes_read       INTEGER NOT NULL DEFAULT 0,
    line             INTEGER NOT NULL DEFAULT 0,
    rows_read        INTEGER NOT NULL DEFAULT 0,
    rows_total       INTEGER,
    inserted         INTEGER NOT NULL DEFAULT 0,
    updated          INTEGER NOT NULL DEFAULT 0,
    unchanged        INTEGER NOT NULL DEFAULT 0,
    rejected         INTEGER NOT NULL DEFAULT 0,
    faults           INTEGER NOT NULL DEFAULT 0,
    ids_distinct     INTEGER NOT NULL DEFAULT 0,
    passes_begun     INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    error            TEXT NOT NULL DEFAULT '',
    cleared          INTEGER NOT NULL DEFAULT 0,
    created_by       TEXT,
    updated_by       TEXT,
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    phase_at         TEXT NOT NULL,
    finished_at      TEXT
) STRICT;

CREATE TABLE item_events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id INTEGER NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'expired', 'deleted', 'restored')),
    at      TEXT NOT NULL
) STRICT;

CREATE TABLE item_stats (
    day        TEXT PRIMARY KEY,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    expired    INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    restored   INTEGER NOT NULL DEFAULT 0,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE items (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    external_id      TEXT CHECK (length(external_id) BETWEEN 1 AND 255), -- the item's id in another system
    name             TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    description      TEXT NOT NULL DEFAULT '',
    attributes       TEXT NOT NULL DEFAULT '{}' CHECK (json_type(attributes) = 'object'),
    status           TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'expired')),
    expires_at       TEXT,
    slug             TEXT,
    fingerprint      TEXT,
    duplicate_of     INTEGER,
    version          INTEGER NOT NULL DEFAULT 1,
    enriched_version INTEGER NOT NULL DEFAULT 0,
    search_text      TEXT NOT NULL DEFAULT '',
    created_by       TEXT, -- the callers, as the log names them: token:7, or oidc:ISSUER|SUBJECT; NULL: not known
    updated_by       TEXT,
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    deleted_at       TEXT
) STRICT;

CREATE TABLE river_job (
    id integer PRIMARY KEY AUTOINCREMENT,
    args blob NOT NULL DEFAULT (jsonb('{}')),
    attempt integer NOT NULL DEFAULT 0,
    attempted_at timestamp,
    attempted_by blob, -- json
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    errors blob, -- json
    finalized_at timestamp,
    kind text NOT NULL,
    max_attempts integer NOT NULL DEFAULT 25,
    metadata blob NOT NULL DEFAULT (jsonb('{}')),
    priority integer NOT NULL DEFAULT 1,
    queue text NOT NULL DEFAULT 'default',
    state text NOT NULL DEFAULT 'available',
    scheduled_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    tags blob NOT NULL DEFAULT (jsonb('[]')),
    unique_key blob,
    unique_states integer,
    CONSTRAINT finalized_or_finalized_at_null CHECK (
        (finalized_at IS NULL AND state NOT IN ('cancelled', 'completed', 'discarded')) OR
        (finalized_at IS NOT NULL AND state IN ('cancelled', 'completed', 'discarded'))
    ),
    CONSTRAINT priority_in_range CHECK (priority >= 1 AND priority <= 4),
    CONSTRAINT queue_length CHECK (length(queue) > 0 AND length(queue) < 128),
    CONSTRAINT kind_length CHECK (length(kind) > 0 AND length(kind) < 128),
    CONSTRAINT state_valid CHECK (state IN ('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled'))
);

CREATE TABLE river_leader (
    elected_at timestamp NOT NULL,
    expires_at timestamp NOT NULL,
    leader_id text NOT NULL,
    name text PRIMARY KEY NOT NULL DEFAULT 'default' CHECK (name = 'default'),
    CONSTRAINT name_length CHECK (length(name) > 0 AND length(name) < 128),
    CONSTRAINT leader_id_length CHECK (length(leader_id) > 0 AND length(leader_id) < 128)
);

CREATE TABLE river_migration (
    line text NOT NULL,
    version integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT line_length CHECK (length(line) > 0 AND length(line) < 128),
    CONSTRAINT version_gte_1 CHECK (version >= 1),
    PRIMARY KEY (line, version)
);

CREATE TABLE river_notification (
    id integer PRIMARY KEY AUTOINCREMENT,
    created_at timestamp NOT NULL DEFAULT (datetime('now', 'subsec')),
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (length(topic) > 0 AND length(topic) < 128)
);

CREATE TABLE river_queue (
    name text PRIMARY KEY NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    metadata blob NOT NULL DEFAULT (jsonb('{}')),
    paused_at timestamp,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);

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

CREATE TABLE workers (
    instance   TEXT PRIMARY KEY,
    version    TEXT NOT NULL,
    started_at TEXT NOT NULL,
    last_beat  TEXT NOT NULL,
    lag_ms     INTEGER NOT NULL DEFAULT 0,
    running    TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE VIRTUAL TABLE items_search USING fts5 (
    search_text,
    content = 'items', content_rowid = 'id',
    tokenize = 'trigram case_sensitive 1'
);

CREATE UNIQUE INDEX "bun_migrations_name_unique" ON bun_migrations ("name");

CREATE UNIQUE INDEX "bun_product_migrations_name_unique" ON bun_product_migrations ("name");

CREATE INDEX idempotency_keys_expired ON idempotency_keys (expires_at);

CREATE INDEX imports_by_updated_at ON imports (updated_at);

CREATE INDEX imports_uncleared ON imports (updated_at) WHERE NOT cleared;

CREATE INDEX imports_waiting ON imports (id) WHERE state IN ('queued', 'validating', 'importing');

CREATE INDEX item_events_by_time ON item_events (at);

CREATE INDEX items_by_created_at ON items (created_at, id) WHERE deleted_at IS NULL;

CREATE INDEX items_by_duplicate_of ON items (duplicate_of, id) WHERE duplicate_of IS NOT NULL;

CREATE UNIQUE INDEX items_by_external_id ON items (external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX items_by_fingerprint ON items (fingerprint, id) WHERE fingerprint IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX items_by_name ON items (name, id) WHERE deleted_at IS NULL;

CREATE INDEX items_by_status ON items (status, id) WHERE deleted_at IS NULL;

CREATE INDEX items_by_updated_at ON items (updated_at, id) WHERE deleted_at IS NULL;

CREATE INDEX items_deleted ON items (deleted_at, id) WHERE deleted_at IS NOT NULL;

CREATE INDEX items_to_enrich ON items (id) WHERE enriched_version < version;

CREATE INDEX items_to_expire ON items (expires_at, id)
    WHERE status = 'active' AND deleted_at IS NULL AND expires_at IS NOT NULL;

CREATE INDEX river_job_kind ON river_job (kind);

CREATE INDEX river_job_prioritized_fetching_index ON river_job (state, queue, priority, scheduled_at, id);

CREATE INDEX river_job_state_and_finalized_at_index ON river_job (state, finalized_at) WHERE finalized_at IS NOT NULL;

CREATE UNIQUE INDEX river_job_unique_idx ON river_job (unique_key)
    WHERE unique_key IS NOT NULL
        AND unique_states IS NOT NULL
        AND CASE state
            WHEN 'available' THEN unique_states & (1 << 0)
            WHEN 'cancelled' THEN unique_states & (1 << 1)
            WHEN 'completed' THEN unique_states & (1 << 2)
            WHEN 'discarded' THEN unique_states & (1 << 3)
            WHEN 'pending'   THEN unique_states & (1 << 4)
            WHEN 'retryable' THEN unique_states & (1 << 5)
            WHEN 'running'   THEN unique_states & (1 << 6)
            WHEN 'scheduled' THEN unique_states & (1 << 7)
            ELSE 0
        END >= 1;

CREATE INDEX river_notification_created_at_idx ON river_notification (created_at);

CREATE INDEX river_notification_topic_id_idx ON river_notification (topic, id);

CREATE INDEX schedules_due ON schedules (next_run_at) WHERE NOT paused;

CREATE INDEX workers_by_last_beat ON workers (last_beat);

CREATE TRIGGER items_changed AFTER UPDATE OF updated_at ON items WHEN new.updated_at <> old.updated_at BEGIN
    INSERT INTO item_events (item_id, kind, at) VALUES (
        new.id,
        CASE WHEN new.deleted_at IS NOT NULL AND old.deleted_at IS NULL THEN 'deleted'
             WHEN new.deleted_at IS NULL AND old.deleted_at IS NOT NULL THEN 'restored'
             WHEN new.status = 'expired' AND old.status <> 'expired' THEN 'expired'
             ELSE 'updated' END,
        new.updated_at);
END;

CREATE TRIGGER items_created AFTER INSERT ON items BEGIN
    INSERT INTO item_events (item_id, kind, at) VALUES (new.id, 'created', new.created_at);
END;

CREATE TRIGGER items_search_delete AFTER DELETE ON items BEGIN
    INSERT INTO items_search (items_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;

CREATE TRIGGER items_search_insert AFTER INSERT ON items BEGIN
    INSERT INTO items_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TRIGGER items_search_update AFTER UPDATE OF search_text ON items WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO items_search (items_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
    INSERT INTO items_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

INSERT INTO bun_migrations (name, group_id) VALUES ('0001', 1);

INSERT INTO bun_migrations (name, group_id) VALUES ('0002', 2);

INSERT INTO bun_product_migrations (name, group_id) VALUES ('0001', 1);

INSERT INTO river_migration (line, version) VALUES ('main', 1);

INSERT INTO river_migration (line, version) VALUES ('main', 2);

INSERT INTO river_migration (line, version) VALUES ('main', 3);

INSERT INTO river_migration (line, version) VALUES ('main', 4);

INSERT INTO river_migration (line, version) VALUES ('main', 5);

INSERT INTO river_migration (line, version) VALUES ('main', 6);

INSERT INTO river_migration (line, version) VALUES ('main', 7);

INSERT INTO river_migration (line, version) VALUES ('main', 8);
