ALTER TABLE imports DROP COLUMN ids_distinct;
