DROP TABLE history;
DROP TABLE idempotency_keys;
DROP TABLE tokens;
DROP TABLE schedules;
DROP TABLE workers;
