-- One row a worker process; the worker's loop keeps it.
CREATE TABLE workers (
    instance   text COLLATE "C" PRIMARY KEY,
    version    text NOT NULL,
    started_at timestamptz NOT NULL,
    last_beat  timestamptz NOT NULL,
    lag_ms     bigint NOT NULL DEFAULT 0,
    running    jsonb NOT NULL DEFAULT '[]'
);

CREATE INDEX workers_by_last_beat ON workers (last_beat);
