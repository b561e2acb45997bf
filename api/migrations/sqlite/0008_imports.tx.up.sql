-- keeps: the column is new and null, so that neither its check nor the index holds anything of the last release's.
-- The id that an item has elsewhere. A deleted item's is free again.
ALTER TABLE items ADD COLUMN external_id TEXT CHECK (length(external_id) BETWEEN 1 AND 255);
CREATE UNIQUE INDEX items_by_external_id ON items (external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL;

-- Uploads of items. bytes_read, line and rows_read are the mark of the phase:
-- how far it has got, written in the transaction of what it did.
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
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    error            TEXT NOT NULL DEFAULT '',
    cleared          INTEGER NOT NULL DEFAULT 0,
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    phase_at         TEXT NOT NULL,
    finished_at      TEXT
) STRICT;

-- What the worker looks for: the work there is, and what may go.
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

-- The first faults of each, in the order of the file.
CREATE TABLE import_errors (
    import_id INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    line      INTEGER NOT NULL,
    field     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    PRIMARY KEY (import_id, position)
) STRICT;

-- The external ids that a file has, by which validation finds those that it has
-- twice.
CREATE TABLE import_keys (
    import_id   INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    line        INTEGER NOT NULL,
    PRIMARY KEY (import_id, external_id)
) STRICT, WITHOUT ROWID;
