-- Answers about what was known at a past time, each in a schema of its own, kept to be shown at once when asked again.
-- This schema stays where it is when a rebuild changes the others' places.

CREATE SCHEMA kept;

CREATE TABLE kept.answer (
    key text PRIMARY KEY,
    question text NOT NULL,
    known_at timestamptz NOT NULL,
    -- The schema with its rows; another one each time it is made.
    shown_in text NOT NULL UNIQUE,
    -- Everything besides facts that it follows from: the rules and the agreements of then.
    mark text NOT NULL,
    -- How far the journal had come, and which journal it was: a rebuild makes another.
    positions jsonb NOT NULL,
    journal oid NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'complete', 'cancelled')),
    -- Somebody wants it stopped; whoever makes it looks here.
    stop boolean NOT NULL DEFAULT false,
    facts_done bigint NOT NULL DEFAULT 0,
    facts bigint NOT NULL DEFAULT 0,
    -- Journeys that could not be read, or concluded, whole.
    incomplete integer NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    used_at timestamptz NOT NULL DEFAULT now()
);

-- Which facts came after a position.
CREATE INDEX fact_offset ON journal.fact (partition, kafka_offset);
