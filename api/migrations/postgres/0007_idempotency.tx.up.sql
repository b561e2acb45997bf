-- The answers to POSTs that carried an Idempotency-Key, each written in the
-- transaction of what it answers. There is no row for one that had no effect.
CREATE TABLE idempotency_keys (
    caller      text NOT NULL,
    key         text NOT NULL,
    fingerprint bytea NOT NULL,
    status      integer NOT NULL,
    header      text NOT NULL,
    body        bytea NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);

-- What the worker prunes.
CREATE INDEX idempotency_keys_expired ON idempotency_keys (expires_at);
