-- The callers that made a row and that changed it last, as the log names them:
-- token:7, or oidc:ISSUER|SUBJECT. NULL is for a caller that is not known.
ALTER TABLE items ADD COLUMN created_by text;
--bun:split
ALTER TABLE items ADD COLUMN updated_by text;
--bun:split
ALTER TABLE imports ADD COLUMN created_by text;
--bun:split
ALTER TABLE imports ADD COLUMN updated_by text;
