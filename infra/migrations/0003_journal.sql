-- The journal: the facts as they came from Kafka, and how far each reader has come. Knows nothing of the store.

CREATE SCHEMA journal;

CREATE TABLE journal.fact (
    store uuid NOT NULL,
    journey uuid NOT NULL,
    version integer NOT NULL,
    partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    raw bytea NOT NULL,
    -- What the source calls itself, and the keyed hash of its message's id: the same one in two journeys is odd.
    source_system text,
    source_message text,
    PRIMARY KEY (journey, version, store)
);
CREATE INDEX fact_partition ON journal.fact (partition, journey);
CREATE INDEX fact_message ON journal.fact (source_system, source_message) INCLUDE (journey);

-- The next offset to read; moved only together with what was read (compare-and-set).
CREATE TABLE journal.position (
    reader text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    topic_id text NOT NULL,
    next_offset bigint NOT NULL,
    newest_at timestamptz,
    PRIMARY KEY (reader, topic, partition)
);

-- Journeys that hold something this version cannot read: their rows are shown as incomplete since then.
CREATE TABLE journal.parked (
    journey uuid PRIMARY KEY,
    since timestamptz NOT NULL,
    reason text NOT NULL,
    version integer NOT NULL
);

-- On what basis each journey's rows rest; another basis means they are concluded anew.
CREATE TABLE journal.concluded (
    journey uuid PRIMARY KEY,
    partition integer NOT NULL,
    facts integer NOT NULL,
    basis text NOT NULL
);
CREATE INDEX concluded_basis ON journal.concluded (partition, basis);

-- Records that cannot be what they should: other bytes under a known key, a missing version, no envelope at all.
CREATE TABLE journal.oddity (
    topic text NOT NULL,
    partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    journey uuid,
    code text NOT NULL,
    detail text NOT NULL,
    seen_at timestamptz NOT NULL,
    raw bytea NOT NULL,
    PRIMARY KEY (topic, partition, kafka_offset, code)
);

-- Agreements and reference data as adopted, in the order of the stream.
CREATE TABLE journal.reference (
    kafka_offset bigint PRIMARY KEY,
    key text NOT NULL,
    raw bytea NOT NULL
);
