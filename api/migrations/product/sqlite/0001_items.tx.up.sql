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

-- One index for each documented sort, with the id that makes its keys unique.
CREATE INDEX items_by_created_at ON items (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX items_by_updated_at ON items (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX items_by_name ON items (name, id) WHERE deleted_at IS NULL;
CREATE INDEX items_by_status ON items (status, id) WHERE deleted_at IS NULL;

-- The external id of a deleted item is free again.
CREATE UNIQUE INDEX items_by_external_id ON items (external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL;

-- The worker looks for these.
CREATE INDEX items_to_enrich ON items (id) WHERE enriched_version < version;
CREATE INDEX items_to_expire ON items (expires_at, id)
    WHERE status = 'active' AND deleted_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX items_by_fingerprint ON items (fingerprint, id) WHERE fingerprint IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX items_by_duplicate_of ON items (duplicate_of, id) WHERE duplicate_of IS NOT NULL;
CREATE INDEX items_deleted ON items (deleted_at, id) WHERE deleted_at IS NOT NULL;

-- Substring search by an index: trigrams of search_text, which is case folded already. The table holds the index only;
-- triggers keep it.
CREATE VIRTUAL TABLE items_search USING fts5 (
    search_text,
    content = 'items', content_rowid = 'id',
    tokenize = 'trigram case_sensitive 1'
);

CREATE TRIGGER items_search_insert AFTER INSERT ON items BEGIN
    INSERT INTO items_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TRIGGER items_search_update AFTER UPDATE OF search_text ON items WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO items_search (items_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
    INSERT INTO items_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TRIGGER items_search_delete AFTER DELETE ON items BEGIN
    INSERT INTO items_search (items_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;

-- The changes of items. Triggers write them in the statement of the change, so that the counts of a day can be made
-- again at any time. The number of items changes by created + restored - deleted.
CREATE TABLE item_events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id INTEGER NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'expired', 'deleted', 'restored')),
    at      TEXT NOT NULL
) STRICT;

CREATE INDEX item_events_by_time ON item_events (at);

CREATE TABLE item_stats (
    day        TEXT PRIMARY KEY,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    expired    INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    restored   INTEGER NOT NULL DEFAULT 0,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TRIGGER items_created AFTER INSERT ON items BEGIN
    INSERT INTO item_events (item_id, kind, at) VALUES (new.id, 'created', new.created_at);
END;

-- Values that the worker derives leave updated_at alone, and are no event.
CREATE TRIGGER items_changed AFTER UPDATE OF updated_at ON items WHEN new.updated_at <> old.updated_at BEGIN
    INSERT INTO item_events (item_id, kind, at) VALUES (
        new.id,
        CASE WHEN new.deleted_at IS NOT NULL AND old.deleted_at IS NULL THEN 'deleted'
             WHEN new.deleted_at IS NULL AND old.deleted_at IS NOT NULL THEN 'restored'
             WHEN new.status = 'expired' AND old.status <> 'expired' THEN 'expired'
             ELSE 'updated' END,
        new.updated_at);
END;

-- Uploads of items. bytes_read, line and rows_read are the position of the phase, written in the transaction of its
-- rows. passes_begun counts the passes since the position moved that did not end in order: an import that kills its
-- workers fails after a few. ids_distinct: validation found each external id of the file once.
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

-- The worker looks for waiting imports, and for finished ones whose file can go.
CREATE INDEX imports_waiting ON imports (id) WHERE state IN ('queued', 'validating', 'importing');
CREATE INDEX imports_uncleared ON imports (updated_at) WHERE NOT cleared;
CREATE INDEX imports_by_updated_at ON imports (updated_at);

-- The files, as they were sent.
CREATE TABLE import_chunks (
    import_id  INTEGER NOT NULL,
    first_byte INTEGER NOT NULL,
    data       BLOB NOT NULL,
    PRIMARY KEY (import_id, first_byte)
) STRICT;

-- The first faults of each import, in the order of the file.
CREATE TABLE import_errors (
    import_id INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    line      INTEGER NOT NULL,
    field     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    PRIMARY KEY (import_id, position)
) STRICT;

-- The external ids of a file, by which validation finds repeated ones.
CREATE TABLE import_keys (
    import_id   INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    line        INTEGER NOT NULL,
    PRIMARY KEY (import_id, external_id)
) STRICT, WITHOUT ROWID;
