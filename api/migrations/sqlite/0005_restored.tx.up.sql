-- A deletion that is taken back is an event of its own: the items there are
-- change by created + restored - deleted. SQLite cannot change a check, so
-- the table is made anew.
-- keeps: the check becomes wider; table, triggers and index are there again at the end of the transaction.
DROP TRIGGER items_changed;
DROP TRIGGER items_created;

CREATE TABLE item_events_new (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id INTEGER NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'expired', 'deleted', 'restored')),
    at      TEXT NOT NULL
) STRICT;
INSERT INTO item_events_new (id, item_id, kind, at) SELECT id, item_id, kind, at FROM item_events;
DROP TABLE item_events;
ALTER TABLE item_events_new RENAME TO item_events;
CREATE INDEX item_events_by_time ON item_events (at);

ALTER TABLE item_stats ADD COLUMN restored INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER items_created AFTER INSERT ON items BEGIN
    INSERT INTO item_events (item_id, kind, at) VALUES (new.id, 'created', new.created_at);
END;

-- What the worker derives leaves updated_at alone, and is no event.
CREATE TRIGGER items_changed AFTER UPDATE OF updated_at ON items WHEN new.updated_at <> old.updated_at BEGIN
    INSERT INTO item_events (item_id, kind, at) VALUES (
        new.id,
        CASE WHEN new.deleted_at IS NOT NULL AND old.deleted_at IS NULL THEN 'deleted'
             WHEN new.deleted_at IS NULL AND old.deleted_at IS NOT NULL THEN 'restored'
             WHEN new.status = 'expired' AND old.status <> 'expired' THEN 'expired'
             ELSE 'updated' END,
        new.updated_at);
END;

-- The duplicates of one item are a list with pages; see 0001.
DROP INDEX items_by_duplicate_of;
CREATE INDEX items_by_duplicate_of ON items (duplicate_of, id) WHERE duplicate_of IS NOT NULL;
