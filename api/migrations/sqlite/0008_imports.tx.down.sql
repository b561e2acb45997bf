DROP TABLE import_keys;
DROP TABLE import_errors;
DROP TABLE import_chunks;
DROP TABLE imports;
DROP INDEX items_by_external_id;
ALTER TABLE items DROP COLUMN external_id;
