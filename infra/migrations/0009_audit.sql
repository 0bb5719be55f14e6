-- What proves what was recorded: signed checkpoints, and the hashes they are quickly made and proven from.

CREATE SCHEMA audit;

-- The hash tree over all facts, 256 hashes to a tile: at level 0 the facts' own, at each level above the roots of the full
-- tiles below. The last tile of a level grows. A help, never evidence: whoever verifies reckons from the facts.
CREATE TABLE audit.tile (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    -- Where the first of a level 0 tile's facts stands in the store: positions have gaps.
    first_position bigint,
    PRIMARY KEY (level, number),
    CHECK ((level = 0) = (first_position IS NOT NULL))
);
CREATE UNIQUE INDEX tile_position ON audit.tile (first_position) WHERE level = 0;

-- Of each journey its last counted fact: which version it is, and the SHA-256 of its bytes.
CREATE TABLE audit.head (
    journey uuid PRIMARY KEY,
    version bigint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

-- How many facts are counted in the tables above, and the position of the last of them.
CREATE TABLE audit.progress (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    size bigint NOT NULL DEFAULT 0,
    position bigint NOT NULL DEFAULT 0
);
INSERT INTO audit.progress DEFAULT VALUES;

-- Every checkpoint as it was signed: how many facts it counts, when it was made, the SHA-256 of the note's bytes.
CREATE TABLE audit.checkpoint (
    size bigint PRIMARY KEY,
    time timestamptz NOT NULL,
    note bytea NOT NULL,
    digest bytea NOT NULL UNIQUE
);

-- All streams beside the facts.
ALTER TABLE store.outbox DROP CONSTRAINT outbox_stream_check;
ALTER TABLE store.outbox ADD CONSTRAINT outbox_stream_check
    CHECK (stream IN ('reference', 'dead-letters', 'settlements', 'alarms', 'checkpoints'));
