ALTER TABLE imports DROP COLUMN passes_begun;
