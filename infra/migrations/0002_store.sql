-- The event store: the facts, and the streams beside them, each a log in commit order that a relay publishes.

CREATE SCHEMA store;

-- Which store this is: the source of every fact, the transactional id of its relay. One row.
CREATE TABLE store.identity (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO store.identity DEFAULT VALUES;

-- As the eventsourcing library would make it (9.5), so that it is made once and not by whoever starts first.
-- Inserts lock the table, so notification_id follows commit order; it has gaps.
CREATE TABLE store.journeys_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
);
CREATE TYPE store.stored_event_uuid AS (
    originator_id uuid, originator_version bigint, topic text, state bytea
);
CREATE UNIQUE INDEX journeys_events_notification_id ON store.journeys_events (notification_id);

-- What is published besides facts: agreements and register files as adopted, dead letters.
CREATE TABLE store.outbox (
    stream text NOT NULL CHECK (stream IN ('reference', 'dead-letters')),
    position bigserial,
    key text NOT NULL,
    recorded_at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (stream, position)
);

-- Which inputs are dead letters already: the same bytes put aside again add no second letter.
CREATE TABLE store.dead_letter (
    digest bytea PRIMARY KEY
);

-- How far each partition of a relayed topic reached after the relay's last commit: its end, and the highest position
-- of the log in it. A topic that falls short of it has lost its tail, or has outlived its records.
CREATE TABLE store.relayed (
    topic text NOT NULL,
    partition integer NOT NULL,
    topic_id text NOT NULL,
    end_offset bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
