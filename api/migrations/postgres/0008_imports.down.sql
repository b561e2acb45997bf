DROP TABLE IF EXISTS import_keys;
--split
DROP TABLE IF EXISTS import_errors;
--split
DROP TABLE IF EXISTS import_chunks;
--split
DROP TABLE IF EXISTS imports;
--split
DROP INDEX CONCURRENTLY IF EXISTS items_by_external_id;
--split
ALTER TABLE items DROP COLUMN IF EXISTS external_id;
