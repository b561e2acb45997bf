CREATE TABLE web_pages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 255),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    phone TEXT CHECK (length(phone) BETWEEN 1 AND 255),
    notes TEXT,
    body TEXT NOT NULL,
    count INTEGER NOT NULL,
    rank INTEGER,
    weight REAL,
    urgent INTEGER NOT NULL,
    due TEXT,
    sent_on TEXT NOT NULL,
    extra TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done')),
    company_id INTEGER NOT NULL REFERENCES companies,
    owner_id INTEGER REFERENCES people,
    search_text TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    created_by TEXT,
    updated_by TEXT
) STRICT;

CREATE INDEX web_pages_by_created_at ON web_pages (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_updated_at ON web_pages (updated_at, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX web_pages_by_code ON web_pages (code) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_name ON web_pages (name, id) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_phone ON web_pages (phone, id) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_count ON web_pages (count, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX web_pages_by_rank ON web_pages (rank) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_weight ON web_pages (weight, id) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_due ON web_pages (due, id) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_sent_on ON web_pages (sent_on, id) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_state ON web_pages (state, id) WHERE deleted_at IS NULL;
CREATE INDEX web_pages_by_company_id ON web_pages (company_id, id);
CREATE INDEX web_pages_by_owner_id ON web_pages (owner_id, id);

CREATE VIRTUAL TABLE web_pages_search USING fts5 (
    search_text,
    content = 'web_pages', content_rowid = 'id',
    tokenize = 'trigram case_sensitive 1'
);

CREATE TRIGGER web_pages_search_insert AFTER INSERT ON web_pages BEGIN
    INSERT INTO web_pages_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TRIGGER web_pages_search_update AFTER UPDATE OF search_text ON web_pages WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO web_pages_search (web_pages_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
    INSERT INTO web_pages_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TRIGGER web_pages_search_delete AFTER DELETE ON web_pages BEGIN
    INSERT INTO web_pages_search (web_pages_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END;
