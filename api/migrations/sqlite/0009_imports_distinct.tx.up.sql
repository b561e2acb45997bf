-- Whether validation found each external id of the file once, so that the rows
-- need not be looked for among each other again.
ALTER TABLE imports ADD COLUMN ids_distinct INTEGER NOT NULL DEFAULT 0;
