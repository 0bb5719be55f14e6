-- The vault: who a journey, a staff reference or an HMAC'd id is, and the keys that open what is sealed.
-- Erasing means deleting a row here, or emptying content_key.wrapped; the log of facts stays whole.

CREATE SCHEMA vault;

-- The vault's own random keys, one a purpose, each wrapped by the identity key. Never rotated: what is found
-- by HMAC would be lost. 'sealing' seals the rows below, so that a new master key re-wraps five rows only.
CREATE TABLE vault.purpose_key (
    purpose text PRIMARY KEY CHECK (purpose IN ('patient', 'staff', 'message', 'episode', 'sealing')),
    wrapped bytea NOT NULL
);

CREATE TABLE vault.journey (
    id uuid PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now()
);

-- ref is the HMAC of id system and value. Several ids of one person may point to one journey.
CREATE TABLE vault.person (
    ref bytea PRIMARY KEY,
    journey uuid NOT NULL REFERENCES vault.journey (id),
    system text NOT NULL,
    sealed bytea NOT NULL
);
CREATE INDEX person_journey ON vault.person (journey);

-- ref is random and is what stands in the log; hmac finds it again from the staff id.
CREATE TABLE vault.staff (
    ref uuid PRIMARY KEY,
    hmac bytea NOT NULL UNIQUE,
    sealed bytea NOT NULL
);

-- Ids of other systems' messages and episodes as received; ref is what stands for them in the log.
CREATE TABLE vault.foreign_id (
    kind text NOT NULL CHECK (kind IN ('episode', 'message')),
    ref text NOT NULL,
    journey uuid NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (kind, ref, journey)
);

-- One key per journey, controller and legal regime, wrapped by the content key; wrapped is null once destroyed.
CREATE TABLE vault.content_key (
    id uuid PRIMARY KEY,
    journey uuid NOT NULL,
    controller text NOT NULL,
    regime text NOT NULL,
    wrapped bytea,
    made_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    UNIQUE (journey, controller, regime),
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
