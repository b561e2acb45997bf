DROP TABLE import_keys;
DROP TABLE import_errors;
DROP TABLE import_chunks;
DROP TABLE imports;
DROP TABLE items_search;
DROP TABLE items;
DROP TABLE item_stats;
DROP TABLE item_events;
