CREATE TABLE things (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    notes      TEXT NOT NULL,
    code       TEXT,
    state      TEXT NOT NULL CHECK (state IN ('open', 'done')),
    size       INTEGER NOT NULL,
    weight     REAL,
    urgent     INTEGER NOT NULL,
    due        TEXT,
    extra      TEXT NOT NULL,
    slug       TEXT,
    made       INTEGER NOT NULL DEFAULT 0,
    search_text TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    created_by TEXT,
    updated_by TEXT
) STRICT;

CREATE INDEX things_by_created_at ON things (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX things_by_updated_at ON things (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX things_by_name ON things (name, id) WHERE deleted_at IS NULL;
CREATE INDEX things_by_size ON things (size, id) WHERE deleted_at IS NULL;
CREATE INDEX things_by_weight ON things (weight, id) WHERE deleted_at IS NULL;
CREATE INDEX things_by_due ON things (due, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX things_by_code ON things (code) WHERE deleted_at IS NULL;

CREATE VIRTUAL TABLE things_search USING fts5 (search_text, content = 'things', content_rowid = 'id', tokenize = 'trigram case_sensitive 1');

CREATE TRIGGER things_search_insert AFTER INSERT ON things BEGIN
    INSERT INTO things_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TRIGGER things_search_delete AFTER DELETE ON things BEGIN
    INSERT INTO things_search (things_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;

CREATE TRIGGER things_search_update AFTER UPDATE OF search_text ON things WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO things_search (things_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
    INSERT INTO things_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TABLE parts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    title      TEXT NOT NULL,
    serial     INTEGER NOT NULL,
    thing_id   INTEGER NOT NULL REFERENCES things,
    spare_id   INTEGER REFERENCES things,
    search_text TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    created_by TEXT,
    updated_by TEXT
) STRICT;

CREATE UNIQUE INDEX parts_by_serial ON parts (serial) WHERE deleted_at IS NULL;

CREATE INDEX parts_by_thing_id ON parts (thing_id, id);

CREATE VIRTUAL TABLE parts_search USING fts5 (search_text, content = 'parts', content_rowid = 'id', tokenize = 'trigram case_sensitive 1');

CREATE TRIGGER parts_search_insert AFTER INSERT ON parts BEGIN
    INSERT INTO parts_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TRIGGER parts_search_delete AFTER DELETE ON parts BEGIN
    INSERT INTO parts_search (parts_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;

CREATE TRIGGER parts_search_update AFTER UPDATE OF search_text ON parts WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO parts_search (parts_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
    INSERT INTO parts_search (rowid, search_text) VALUES (new.id, new.search_text);
END;
