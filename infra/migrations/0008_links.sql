-- Journeys that facts name together: linked, parted, an episode moved from one to the other. Both ways, and never taken
-- away: whether a link stands follows from the facts, this only tells which journeys have to be read together.
CREATE TABLE journal.link (
    journey uuid NOT NULL,
    other uuid NOT NULL,
    PRIMARY KEY (journey, other)
);

-- Under which journey what is concluded of one stands: its own, but for linked ones.
ALTER TABLE journal.concluded ADD COLUMN head uuid;
UPDATE journal.concluded SET head = journey;
ALTER TABLE journal.concluded ALTER COLUMN head SET NOT NULL;
CREATE INDEX concluded_head ON journal.concluded (head);
