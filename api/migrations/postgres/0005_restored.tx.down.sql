DROP INDEX items_by_duplicate_of;
CREATE INDEX items_by_duplicate_of ON items (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE OR REPLACE FUNCTION items_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What the worker derives leaves updated_at alone, and is no event.
    INSERT INTO item_events (item_id, kind, at)
    SELECT id,
           CASE WHEN after.deleted_at IS NOT NULL AND before.deleted_at IS NULL THEN 'deleted'
                WHEN after.status = 'expired' AND before.status <> 'expired' THEN 'expired'
                ELSE 'updated' END,
           after.updated_at
    FROM after JOIN before USING (id)
    WHERE after.updated_at <> before.updated_at;
    RETURN NULL;
END $$;

ALTER TABLE item_stats DROP COLUMN restored;
ALTER TABLE item_events DROP CONSTRAINT item_events_kind_check;
UPDATE item_events SET kind = 'updated' WHERE kind = 'restored';
ALTER TABLE item_events ADD CONSTRAINT item_events_kind_check
    CHECK (kind IN ('created', 'updated', 'expired', 'deleted'));
