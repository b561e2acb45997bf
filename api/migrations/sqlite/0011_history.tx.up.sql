-- The history in which the versions of rows count: the name that the database
-- had when the API first used it, NULL before. With another name, after a
-- restore or a promotion, an ETag says so.
CREATE TABLE history (name text);
--bun:split
INSERT INTO history (name) VALUES (NULL);
