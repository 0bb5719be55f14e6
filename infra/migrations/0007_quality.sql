-- How good it is what the sources send, and which of them have fallen silent.

-- What became of messages as they were received: numbers alone, no identities. Whatever has no unit or reason has ''.
CREATE TABLE store.received (
    source text NOT NULL,
    unit text NOT NULL,
    kind text NOT NULL,
    -- Of the receipt, in Sweden, as 2026-03.
    month text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('accepted', 'known', 'not_of_use', 'put_aside')),
    reason text NOT NULL,
    messages bigint NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (source, unit, kind, month, verdict, reason)
);

-- When a source was heard: its last message, and the hours of its rhythm.
CREATE INDEX fact_heard ON journal.fact (source_system, recorded_at);

-- Alarms are a stream beside the facts.
ALTER TABLE store.outbox DROP CONSTRAINT outbox_stream_check;
ALTER TABLE store.outbox ADD CONSTRAINT outbox_stream_check
    CHECK (stream IN ('reference', 'dead-letters', 'settlements', 'alarms'));

-- Since when silences are watched: what fell due before raises no alarm.
CREATE TABLE store.watch (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    first_ran_at timestamptz NOT NULL
);

-- Silences that an alarm was raised for, each once, and when the source was heard again.
CREATE TABLE store.silence (
    source text NOT NULL,
    -- The last that was heard of it.
    began_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    raised_at timestamptz NOT NULL,
    heard_at timestamptz,
    PRIMARY KEY (source, began_at)
);
CREATE INDEX silence_open ON store.silence (source) WHERE heard_at IS NULL;
