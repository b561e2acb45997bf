-- How many passes of a worker have begun since the import's mark moved and did
-- not end in order: an import that kills its workers fails after a few.
ALTER TABLE imports ADD COLUMN passes_begun INTEGER NOT NULL DEFAULT 0;
