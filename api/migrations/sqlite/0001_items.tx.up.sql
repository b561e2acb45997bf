-- Times are UTC text of fixed width ("2006-01-02 15:04:05.000000+00:00"), so
-- that their order as text is their order in time.
CREATE TABLE items (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
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
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    deleted_at       TEXT
) STRICT;

-- One index a documented sort, each with the id that makes its keys unique.
CREATE INDEX items_by_created_at ON items (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX items_by_updated_at ON items (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX items_by_name ON items (name, id) WHERE deleted_at IS NULL;
CREATE INDEX items_by_status ON items (status, id) WHERE deleted_at IS NULL;

-- Substring search that an index serves: trigrams of search_text, which is
-- case folded already. The table holds the index only; triggers keep it.
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
