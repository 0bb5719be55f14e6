-- Which master key wraps, what is proposed for erasing and by whom it was confirmed, and how a projector asks for keys.

-- The master key in use: new keys are wrapped by it alone, so that a rotation ends. The generation is counted up
-- whenever keys held in memory may no longer be right: after a destruction, a rotation, a restore.
CREATE TABLE vault.wrapping (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    master text NOT NULL,
    generation bigint NOT NULL DEFAULT 1
);

-- Which master key a row is wrapped by, by its name; none for rows from before keys had names.
ALTER TABLE vault.purpose_key ADD COLUMN master text;
ALTER TABLE vault.content_key ADD COLUMN master text;

-- What one person proposes and another confirms. References to staff are resolved by the vault only.
CREATE TABLE vault.proposal (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ground text NOT NULL CHECK (ground IN ('retention', 'ivo-decision')),
    -- Of a decision of the Health and Social Care Inspectorate (IVO): its number and date.
    decision text,
    decided_on date,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    -- Who was connected, as PostgreSQL knows it.
    proposed_login text NOT NULL DEFAULT session_user,
    confirmed_by uuid,
    confirmed_at timestamptz,
    confirmed_login text,
    withdrawn_by uuid,
    withdrawn_at timestamptz,
    -- Everything that had to be done has been done.
    completed_at timestamptz,
    CONSTRAINT two_persons CHECK (confirmed_by <> proposed_by),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
    CHECK (withdrawn_at IS NULL OR confirmed_at IS NULL),
    CHECK (completed_at IS NULL OR confirmed_at IS NOT NULL),
    CHECK ((ground = 'ivo-decision') = (decision IS NOT NULL)),
    CHECK ((decision IS NULL) = (decided_on IS NULL))
);

-- What a proposal is about, a line for each key, and which line of the signed list tells of its end.
CREATE TABLE vault.erasure (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    proposal uuid NOT NULL REFERENCES vault.proposal (id),
    journey uuid NOT NULL,
    controller text NOT NULL,
    regime text NOT NULL,
    -- Of a dead letter, hex: its key has a journey of its own.
    digest text,
    -- The day of the last entry, where that is the ground.
    last_entry date,
    -- Why it was left out in the end: a newer entry, a hold.
    kept_because text CHECK (kept_because IN ('newer-entry', 'held')),
    -- The whole line of the signed list.
    line text,
    destroyed_at timestamptz,
    -- The vault forgot who the patient is, too.
    identity boolean NOT NULL DEFAULT false,
    UNIQUE (proposal, journey, controller, regime),
    CHECK (destroyed_at IS NULL OR line IS NOT NULL),
    CHECK (destroyed_at IS NULL OR kept_because IS NULL)
);
CREATE INDEX erasure_scope ON vault.erasure (journey, controller, regime);

-- What must not be erased though its time has passed (SoL 16:2; PDL 3:18), until that is lifted.
CREATE TABLE vault.hold (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    journey uuid NOT NULL,
    controller text NOT NULL,
    regime text NOT NULL,
    ground text NOT NULL CHECK (ground IN ('paternity', 'adoption', 'placed-child', 'archive', 'legal-claim')),
    placed_by uuid NOT NULL,
    placed_at timestamptz NOT NULL,
    lifted_by uuid,
    lifted_at timestamptz,
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
CREATE UNIQUE INDEX hold_in_force ON vault.hold (journey, controller, regime, ground) WHERE lifted_at IS NULL;

-- All that a projector may ask of the vault: content keys of given journeys, or one that a sealed value names.
CREATE FUNCTION vault.content_keys(journeys uuid[])
RETURNS TABLE (id uuid, journey uuid, controller text, regime text, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.id, k.journey, k.controller, k.regime, k.wrapped FROM vault.content_key k WHERE k.journey = ANY (journeys)
$$;
CREATE FUNCTION vault.content_key_named(key uuid)
RETURNS TABLE (id uuid, journey uuid, controller text, regime text, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.id, k.journey, k.controller, k.regime, k.wrapped FROM vault.content_key k WHERE k.id = key
$$;
REVOKE ALL ON FUNCTION vault.content_keys(uuid[]), vault.content_key_named(uuid) FROM PUBLIC;
