-- One row a worker process; the worker's loop keeps it.
CREATE TABLE workers (
    instance   TEXT PRIMARY KEY,
    version    TEXT NOT NULL,
    started_at TEXT NOT NULL,
    last_beat  TEXT NOT NULL,
    lag_ms     INTEGER NOT NULL DEFAULT 0,
    running    TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE INDEX workers_by_last_beat ON workers (last_beat);
