-- A deletion that is taken back is an event of its own: the items there are
-- change by created + restored - deleted.
-- keeps: the check becomes wider, and the index is made anew with one column more.
ALTER TABLE item_events DROP CONSTRAINT item_events_kind_check;
ALTER TABLE item_events ADD CONSTRAINT item_events_kind_check
    CHECK (kind IN ('created', 'updated', 'expired', 'deleted', 'restored'));
ALTER TABLE item_stats ADD COLUMN restored bigint NOT NULL DEFAULT 0;

CREATE OR REPLACE FUNCTION items_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What the worker derives leaves updated_at alone, and is no event.
    INSERT INTO item_events (item_id, kind, at)
    SELECT id,
           CASE WHEN after.deleted_at IS NOT NULL AND before.deleted_at IS NULL THEN 'deleted'
                WHEN after.deleted_at IS NULL AND before.deleted_at IS NOT NULL THEN 'restored'
                WHEN after.status = 'expired' AND before.status <> 'expired' THEN 'expired'
                ELSE 'updated' END,
           after.updated_at
    FROM after JOIN before USING (id)
    WHERE after.updated_at <> before.updated_at;
    RETURN NULL;
END $$;

-- The duplicates of one item are a list with pages; see 0001.
DROP INDEX items_by_duplicate_of;
CREATE INDEX items_by_duplicate_of ON items (duplicate_of, id) WHERE duplicate_of IS NOT NULL;
