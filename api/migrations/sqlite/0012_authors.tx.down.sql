ALTER TABLE imports DROP COLUMN updated_by;
--bun:split
ALTER TABLE imports DROP COLUMN created_by;
--bun:split
ALTER TABLE items DROP COLUMN updated_by;
--bun:split
ALTER TABLE items DROP COLUMN created_by;
