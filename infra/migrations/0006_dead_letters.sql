-- Dead letters as they stand: why, from whom, how often they came, and what became of them. Their events are in the
-- outbox, with the sealed bytes; where those are too large to travel they stand here, sealed by the same key.

ALTER TABLE store.dead_letter
    -- How many events told of it as open: the last one's id is the digest and this number.
    ADD COLUMN number integer NOT NULL DEFAULT 1,
    -- The last such event's place in the outbox.
    ADD COLUMN position bigint,
    ADD COLUMN first_seen timestamptz,
    -- Since when it lies here, unless it has been resolved.
    ADD COLUMN since timestamptz,
    ADD COLUMN last_seen timestamptz,
    ADD COLUMN seen_again integer NOT NULL DEFAULT 0,
    ADD COLUMN source text,
    ADD COLUMN kind text,
    ADD COLUMN unit text,
    ADD COLUMN place text NOT NULL DEFAULT '',
    ADD COLUMN reason text,
    ADD COLUMN message text,
    ADD COLUMN field text,
    ADD COLUMN content_type text NOT NULL DEFAULT '',
    ADD COLUMN size bigint,
    ADD COLUMN journey uuid,
    -- Where the bytes are: in the event, or in this table; nowhere where they are larger than any message.
    ADD COLUMN kept text CHECK (kept IN ('here', 'postgresql')),
    ADD COLUMN sealed bytea,
    ADD COLUMN sealed_key text,
    ADD COLUMN state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retried', 'discarded')),
    ADD COLUMN resolved_at timestamptz,
    -- A staff reference, or 'sent-again'.
    ADD COLUMN resolved_by text,
    -- What somebody wrote: sealed, as it may name a person.
    ADD COLUMN resolved_reason jsonb;

UPDATE store.dead_letter AS letter
SET position = told.position,
    first_seen = told.recorded_at,
    since = told.recorded_at,
    last_seen = told.recorded_at,
    source = told.data ->> 'source',
    place = coalesce(told.data ->> 'place', ''),
    reason = told.data ->> 'reason',
    message = told.data ->> 'message',
    size = (told.data ->> 'size')::bigint,
    kept = CASE WHEN told.data ? 'sealed' THEN 'here' END
FROM (
    SELECT position, recorded_at, convert_from(body, 'UTF8')::jsonb -> 'data' AS data
    FROM store.outbox WHERE stream = 'dead-letters'
) AS told
WHERE decode(told.data ->> 'digest', 'hex') = letter.digest;

ALTER TABLE store.dead_letter
    ALTER COLUMN first_seen SET NOT NULL,
    ALTER COLUMN since SET NOT NULL,
    ALTER COLUMN last_seen SET NOT NULL,
    ALTER COLUMN source SET NOT NULL,
    ALTER COLUMN reason SET NOT NULL,
    ALTER COLUMN message SET NOT NULL,
    ALTER COLUMN size SET NOT NULL,
    ADD CHECK ((state = 'open') = (resolved_at IS NULL)),
    ADD CHECK ((kept IS NOT DISTINCT FROM 'postgresql') = (sealed IS NOT NULL));
CREATE INDEX dead_letter_open ON store.dead_letter (since, digest) WHERE state = 'open';

-- The letters as they came from Kafka: a line for each event that told of one as open, ended by the next about it.
CREATE TABLE journal.dead_letter (
    id text PRIMARY KEY,
    digest text NOT NULL,
    journey uuid,
    since timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    ended_at timestamptz,
    reason text NOT NULL,
    source text NOT NULL,
    kind text
);
CREATE INDEX dead_letter_journey ON journal.dead_letter (journey) WHERE journey IS NOT NULL;
CREATE INDEX dead_letter_digest ON journal.dead_letter (digest);
