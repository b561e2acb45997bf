-- The answers to POSTs that carried an Idempotency-Key, each written in the
-- transaction of what it answers. There is no row for one that had no effect.
CREATE TABLE idempotency_keys (
    caller      TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status      INTEGER NOT NULL,
    header      TEXT NOT NULL,
    body        BLOB NOT NULL,
    expires_at  TEXT NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT;

-- What the worker prunes.
CREATE INDEX idempotency_keys_expired ON idempotency_keys (expires_at);
