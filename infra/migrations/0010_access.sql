-- Who may see which patients, and who did. A look is committed here before its answer can be read: row-level security
-- shows a session only the journeys of looks that an earlier transaction of that session committed (decision 0016).

CREATE SCHEMA access;

-- The staff register: in which capacity a login reads. A login is a PostgreSQL role, or the subject of an OIDC token.
CREATE TABLE access.commission (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    login text NOT NULL,
    staff uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('operator', 'care', 'municipal', 'leader', 'auditor', 'dashboard')),
    unit text,
    -- The controller (personuppgiftsansvarig) that the person works for.
    organisation text,
    municipality text,
    region text,
    valid_from timestamptz NOT NULL DEFAULT now(),
    valid_to timestamptz CHECK (valid_to >= valid_from),
    given_at timestamptz NOT NULL DEFAULT now(),
    given_by uuid,
    ended_at timestamptz,
    ended_by uuid,
    CHECK (role <> 'care' OR (unit IS NOT NULL AND organisation IS NOT NULL)),
    CHECK (role <> 'municipal' OR (municipality IS NOT NULL AND organisation IS NOT NULL))
);
CREATE INDEX commission_login ON access.commission (login);

-- For what patients' data may be read (PDL 2:4), and by whom.
CREATE TABLE access.purpose (
    purpose text NOT NULL,
    role text NOT NULL,
    PRIMARY KEY (purpose, role)
);
INSERT INTO access.purpose (purpose, role) VALUES
    ('care', 'care'), ('care', 'municipal'), ('care', 'operator'),
    ('coordination', 'operator'), ('administration', 'operator'),
    ('quality', 'municipal'), ('quality', 'operator'),
    ('patient-request', 'care'), ('patient-request', 'municipal'), ('patient-request', 'operator'),
    ('audit', 'auditor'), ('audit', 'operator');

-- What the law itself has participants told (LUS chapters 2 to 4): a unit that takes part sees it without consent.
CREATE TABLE access.told_by_law (kind text PRIMARY KEY);
INSERT INTO access.told_by_law (kind) VALUES
    ('admission-notified'), ('admission-acknowledged'), ('home-situation-reported'), ('estimated-discharge-changed'),
    ('care-contact-appointed'), ('care-contact-ended'), ('planning-input-submitted'), ('participant-changed'),
    ('consent-recorded'), ('discharge-ready-notified'), ('discharge-ready-withdrawn'), ('sip-need-decided'),
    ('sip-meeting-called'), ('sip-meeting-held'), ('sip-established'), ('coordinated-care-plan-established'),
    ('open-care-service-unavailable'), ('open-care-service-cleared'), ('municipal-takeover-proposed'),
    ('municipal-takeover-accepted'), ('municipal-takeover-declined'), ('patient-transferred'), ('leave-started'),
    ('leave-ended'), ('patient-discharged'), ('discharge-information-transferred'), ('notification-misdirected');

-- One line for each question about patients.
CREATE TABLE access.look (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- A reference that only the vault resolves; none for a login that the register does not know.
    staff uuid,
    role text NOT NULL,
    unit text,
    organisation text,
    purpose text NOT NULL,
    -- What was done, as the command or page is called.
    action text NOT NULL,
    -- Why it was allowed: relation, coordination, audit, emergency.
    ground text NOT NULL,
    -- The reason for reading without relation, consent, or in spite of a block (SVOD 3:4, PDL 4:5).
    emergency text CHECK (emergency IN ('danger-to-life', 'cannot-be-asked', 'child-at-risk')),
    -- Whether the places of protected identities were shown.
    lifted boolean NOT NULL,
    -- The facts that were withheld, and the journeys shown without places.
    hidden text[] NOT NULL,
    veiled uuid[] NOT NULL,
    session text NOT NULL,
    xact xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX look_session ON access.look (session, at);
CREATE INDEX look_at ON access.look (at);
CREATE INDEX look_staff ON access.look (staff, at);
CREATE INDEX look_emergency ON access.look (at) WHERE emergency IS NOT NULL;

-- One line for each patient whose data were shown; position follows commit order, and is published in it.
CREATE TABLE access.entry (
    position bigserial PRIMARY KEY,
    look uuid NOT NULL REFERENCES access.look (id),
    journey uuid NOT NULL,
    -- How many facts were withheld: by a block, and for want of consent.
    blocked integer NOT NULL,
    unconsented integer NOT NULL
);
CREATE INDEX entry_look ON access.entry (look) INCLUDE (journey);
CREATE INDEX entry_journey ON access.entry (journey);

-- What came of checking looks: the recurring samples (PDL 4:3, SVOD 4:4), and every emergency.
CREATE TABLE access.checked (
    look uuid NOT NULL REFERENCES access.look (id),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    by uuid NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('in-order', 'ask', 'unauthorised')),
    PRIMARY KEY (look, at)
);

-- Nobody changes or takes away what is here; what the law lets go (after five years, HSLF-FS 2016:40) may go.
CREATE FUNCTION access.insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of uuid;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF TG_TABLE_NAME = 'look' THEN
            of := OLD.id;
        ELSE
            of := OLD.look;
        END IF;
        IF (SELECT at FROM access.look WHERE id = of) < now() - interval '5 years 1 month' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'The access log is never changed.' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON access.look
    FOR EACH ROW EXECUTE FUNCTION access.insert_only();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON access.entry
    FOR EACH ROW EXECUTE FUNCTION access.insert_only();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON access.checked
    FOR EACH ROW EXECUTE FUNCTION access.insert_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON access.look
    FOR EACH STATEMENT EXECUTE FUNCTION access.insert_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON access.entry
    FOR EACH STATEMENT EXECUTE FUNCTION access.insert_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON access.checked
    FOR EACH STATEMENT EXECUTE FUNCTION access.insert_only();

-- A commission is ended, once, and never rewritten: the log's looks were made under it.
CREATE FUNCTION access.ended_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL
        AND to_jsonb(NEW) - ARRAY['valid_to', 'ended_at', 'ended_by']
            = to_jsonb(OLD) - ARRAY['valid_to', 'ended_at', 'ended_by'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A commission is ended, and never changed.' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ended_only BEFORE UPDATE OR DELETE ON access.commission
    FOR EACH ROW EXECUTE FUNCTION access.ended_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON access.commission
    FOR EACH STATEMENT EXECUTE FUNCTION access.ended_only();

-- -- who asks ------------------------------------------------------------------------------------------------------

-- This connection, told apart from one with the same process id before or after it. An owner that may not see when other
-- logins' connections began (pg_read_all_stats) tells them apart by login alone.
CREATE FUNCTION access.session() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws(' ', pg_backend_pid(), extract(epoch FROM backend_start), session_user)
    FROM pg_stat_get_activity(pg_backend_pid()) LIMIT 1
$$;

-- The one who runs the installation: reads in any capacity, logged as all are.
CREATE FUNCTION access.administers() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_has_role(session_user, (SELECT nspowner FROM pg_namespace WHERE nspname = 'access'), 'MEMBER')
$$;

-- The commission in force of whoever is connected.
CREATE FUNCTION access.commissioned() RETURNS SETOF access.commission LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM access.commission
    WHERE login = session_user AND valid_from <= now() AND (valid_to IS NULL OR valid_to > now())
    ORDER BY valid_from DESC, id LIMIT 1
$$;

-- -- what a session may see ------------------------------------------------------------------------------------------

-- The last look of this session that is on disk, and not one of yesterday's left-open terminal.
CREATE FUNCTION access.looks() RETURNS SETOF access.look LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM access.look
    WHERE session = access.session() AND xact IS DISTINCT FROM pg_current_xact_id_if_assigned()
        AND at > clock_timestamp() - interval '1 hour'
    ORDER BY at DESC LIMIT 1
$$;

CREATE FUNCTION access.opened() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.journey FROM access.looks() l JOIN access.entry e ON e.look = l.id
    WHERE NOT e.journey = ANY (l.veiled)
$$;

CREATE FUNCTION access.hidden() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(fact), '{}') FROM access.looks() l, unnest(l.hidden) fact
$$;

-- The same as keys, which are quickly looked up in, however many they are.
CREATE FUNCTION access.hidden_keys() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(fact, NULL), '{}') FROM access.looks() l, unnest(l.hidden) fact
$$;

-- Journeys with a protected identity in force (OSL 21:3, 22:1): of a person with several journeys, all of them.
CREATE FUNCTION access.protected() RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_regclass('shown.restrictions') IS NOT NULL THEN
        RETURN QUERY EXECUTE $q$
            WITH in_force AS MATERIALIZED (
                SELECT DISTINCT journey FROM shown.restrictions
                WHERE rule = 'protected-identity' AND valid_to IS NULL AND valid_from <= now()
                    AND (ended_at IS NULL OR ended_at > now()))
            SELECT journey FROM in_force
            UNION SELECT c.journey FROM journal.concluded c JOIN in_force p ON c.head = p.journey
        $q$;
    END IF;
END $$;

CREATE FUNCTION access.veiled() RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Whoever counts over everybody sees no place of a protected identity.
    IF current_setting('role') = 'carechain_figures' OR session_user = 'carechain_figures' THEN
        RETURN QUERY SELECT access.protected();
    ELSE
        RETURN QUERY SELECT v FROM access.looks() l, unnest(l.veiled) v
            WHERE v NOT IN (SELECT access.opened());
    END IF;
END $$;

-- -- looking ---------------------------------------------------------------------------------------------------------

-- These journeys with all that facts connect them with, and those that their rows stand under.
CREATE FUNCTION access.with_linked(journeys uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE $q$
        WITH RECURSIVE reached (journey) AS (
            SELECT unnest($1) UNION SELECT l.other FROM reached r JOIN journal.link l ON l.journey = r.journey)
        SELECT journey FROM reached
    $q$ USING journeys;
END $$;

-- Up to three known journeys with ids from first to last: ids alone, and so no look.
CREATE FUNCTION access.known(first uuid, last uuid) RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE $q$
        SELECT journey FROM (SELECT journey FROM shown.timeline UNION SELECT journey FROM journal.parked
            UNION SELECT journey FROM journal.concluded) known
        WHERE journey BETWEEN $1 AND $2 ORDER BY journey LIMIT 3
    $q$ USING first, last;
END $$;

-- Up to two journeys with rows whose ids lie from first to last: ids alone, too.
CREATE FUNCTION access.of_rows(first uuid, last uuid) RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE $q$
        SELECT journey FROM (
            SELECT journey, id FROM shown.stays UNION SELECT journey, id FROM shown.responsibility
            UNION SELECT journey, id FROM shown.handoffs UNION SELECT journey, id FROM shown.waits
            UNION SELECT journey, id FROM shown.findings UNION SELECT journey, id FROM shown.causes
            UNION SELECT journey, id FROM shown.figures) r
        WHERE id BETWEEN $1 AND $2 GROUP BY journey ORDER BY journey LIMIT 2
    $q$ USING first, last;
END $$;

-- Who has looked at the patients whose data this session has opened: the patient's own extract (PDL 8:5).
CREATE FUNCTION access.looked(moment timestamptz)
RETURNS TABLE (at timestamptz, unit text, organisation text, role text, purpose text, emergency boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.at, l.unit, l.organisation, l.role, l.purpose, l.emergency IS NOT NULL FROM access.look l
    WHERE l.at <= moment AND l.id IN (
        SELECT e.look FROM access.entry e
        WHERE e.journey IN (SELECT access.opened() UNION ALL SELECT access.veiled()))
    ORDER BY l.at, l.id
$$;

-- Where in these journeys facts are that the session's look withholds: what is missing there is no hole.
CREATE FUNCTION access.places_withheld(journeys uuid[]) RETURNS TABLE (store uuid, journey uuid, version integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    facts text[] := access.hidden();
BEGIN
    IF cardinality(facts) > 0 THEN
        RETURN QUERY SELECT f.store, f.journey, f.version FROM journal.fact f
            WHERE f.journey = ANY (journeys) AND (convert_from(f.raw, 'UTF8')::jsonb ->> 'id') = ANY (facts);
    END IF;
END $$;

-- When each source was first and last heard by a moment. A source at a time along the index: there are few of them, and
-- many facts of each.
CREATE FUNCTION access.sources_heard(until timestamptz)
RETURNS TABLE (source text, first timestamptz, last timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH RECURSIVE known AS (
            (SELECT source_system AS source FROM journal.fact WHERE source_system IS NOT NULL ORDER BY 1 LIMIT 1)
            UNION ALL
            SELECT (SELECT f.source_system FROM journal.fact f WHERE f.source_system > k.source ORDER BY 1 LIMIT 1)
            FROM known k WHERE k.source IS NOT NULL
        )
        SELECT k.source, w.first, w.last FROM known k CROSS JOIN LATERAL (
            SELECT (SELECT min(recorded_at) FROM journal.fact WHERE source_system = k.source) AS first,
                (SELECT max(recorded_at) FROM journal.fact
                 WHERE source_system = k.source AND recorded_at <= sources_heard.until) AS last
        ) w WHERE w.last IS NOT NULL;
END $$;

-- The hours in which a source was heard. An hour at a time, as one fact of it is enough: it takes no longer where a
-- source sends a million.
CREATE FUNCTION access.hours_heard(source text, begin timestamptz, until timestamptz) RETURNS SETOF timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT h FROM generate_series(hours_heard.begin, hours_heard.until, interval '1 hour') AS h
        CROSS JOIN LATERAL (
            SELECT FROM journal.fact WHERE source_system = hours_heard.source AND recorded_at >= h
                AND recorded_at < h + interval '1 hour' AND recorded_at <= hours_heard.until LIMIT 1
        ) AS something;
END $$;

-- Which of these journeys a unit or a municipality takes part in now (PDL 4:1; SVOD 3:1).
CREATE FUNCTION access.related(journeys uuid[], unit text, municipality text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    relation text;
BEGIN
    FOREACH relation IN ARRAY ARRAY['responsibility_at', 'stays_at', 'handoffs_at'] LOOP
        RETURN QUERY EXECUTE format($q$
            SELECT DISTINCT r.journey FROM shown.%I(now()) r
            WHERE ($1 IS NULL OR r.journey = ANY ($1)) AND r.ended_at IS NULL
                -- A municipality takes part where it is told or owes something: not by living there alone.
                AND (r.unit = $2 OR r.organisation = $2 OR r.party = 'municipality:' || $3)
        $q$, relation) USING journeys, unit, municipality;
    END LOOP;
END $$;

-- The facts of these journeys that a reader may not see, and why. Nobody's own are withheld.
CREATE FUNCTION access.withheld(journeys uuid[], reader_unit text, reader_organisation text, consents boolean)
RETURNS TABLE (journey uuid, fact text, why text) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_regclass('shown.restrictions') IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE $q$
        WITH standing AS MATERIALIZED (
            SELECT r.journey, r.rule, r.unit, r.organisation, r.detail, r.started_at FROM shown.restrictions r
            WHERE r.journey = ANY ($1) AND r.valid_to IS NULL AND r.valid_from <= now()
                AND (r.ended_at IS NULL OR r.ended_at > now())
        ), facts AS MATERIALIZED (
            SELECT t.journey, t.opened_by[1] AS fact, t.rule, t.unit, t.controller FROM shown.timeline t
            WHERE t.journey = ANY ($1)
        ), blocked AS (
            SELECT DISTINCT f.journey, f.fact FROM facts f JOIN standing s ON s.journey = f.journey
            -- A reader without unit has no own facts, nor has one with a unit those that name none.
            WHERE f.controller = s.organisation AND (f.unit = $2) IS NOT TRUE
                -- Who blocked is told to nobody who does not lift it (SVOD 3:5).
                AND (s.unit IS NULL OR s.unit = f.unit OR f.rule IN ('block-set', 'block-lifted'))
                AND (s.rule = 'block-inner' AND $3 IS NOT DISTINCT FROM s.organisation
                    OR s.rule = 'block-shared-documentation' AND $3 IS DISTINCT FROM s.organisation
                    OR s.rule = 'block-inner' AND $3 IS NULL)
        ), unconsented AS (
            SELECT f.journey, f.fact FROM facts f
            WHERE $4 AND f.controller IS DISTINCT FROM $3 AND (f.unit = $2) IS NOT TRUE
                AND f.rule NOT IN (SELECT kind FROM access.told_by_law)
                AND NOT EXISTS (
                    SELECT FROM standing s WHERE s.journey = f.journey
                        AND s.rule = 'consent-information-sharing' AND s.detail IN ('given', 'incapable')
                        AND NOT EXISTS (
                            SELECT FROM standing later WHERE later.journey = s.journey AND later.rule = s.rule
                                AND later.started_at > s.started_at))
        )
        SELECT b.journey, b.fact, 'blocked' FROM blocked b
        UNION ALL SELECT u.journey, u.fact, 'unconsented' FROM unconsented u
            WHERE NOT EXISTS (SELECT FROM blocked b WHERE b.journey = u.journey AND b.fact = u.fact)
    $q$ USING journeys, reader_unit, reader_organisation, consents;
END $$;

-- Log that patients' data are read, and open them to this session once this is committed. Journeys are named one by
-- one, or found by the place and kind of rows asked for. Refused: 42501 (not allowed), with a hint; 22023 (wrong words).
CREATE FUNCTION access.look(
    purpose text,
    action text,
    journeys uuid[] DEFAULT NULL,
    place jsonb DEFAULT '{}',
    relations text[] DEFAULT NULL,
    shown text DEFAULT 'shown',
    moment timestamptz DEFAULT NULL,
    emergency text DEFAULT NULL,
    lift boolean DEFAULT false,
    acting text DEFAULT NULL,
    staff uuid DEFAULT NULL
) RETURNS TABLE (look uuid, opened integer, blocked integer, unconsented integer, veiled integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    me access.commission;
    named boolean := journeys IS NOT NULL;
    asked uuid[] := journeys;
    related uuid[];
    kept uuid[];
    protected uuid[];
    facts text[] := '{}';
    facts_of uuid[] := '{}';
    facts_why text[] := '{}';
    allowed_by text;
    made uuid := gen_random_uuid();
    relation text;
    found uuid[];
BEGIN
    -- Whatever a login has set: the look is on disk before it opens anything.
    PERFORM set_config('synchronous_commit', 'on', true);
    SELECT * INTO me FROM access.commissioned();
    IF me.id IS NULL AND access.administers() THEN
        me.role := coalesce(acting, 'operator');
        me.staff := look.staff;
    ELSIF me.id IS NULL THEN
        RAISE EXCEPTION 'The staff register does not say in which capacity you read.' USING
            ERRCODE = 'insufficient_privilege', HINT = 'Ask who runs carechain to give you a commission.';
    END IF;
    IF me.id IS NOT NULL AND NOT pg_has_role(session_user, 'carechain_' || me.role, 'MEMBER') THEN
        RAISE EXCEPTION 'Your login does not have the role of your commission.' USING
            ERRCODE = 'insufficient_privilege', HINT = 'Ask who runs carechain to grant it.';
    END IF;
    IF me.role IN ('leader', 'dashboard') THEN
        RAISE EXCEPTION 'Your role sees figures, and no patients.' USING
            ERRCODE = 'insufficient_privilege', HINT = 'Ask for figures with `carechain summary`.';
    END IF;
    IF NOT EXISTS (SELECT FROM access.purpose p WHERE p.purpose = look.purpose AND p.role = me.role) THEN
        RAISE EXCEPTION 'Your role does not read for that purpose.' USING ERRCODE = 'insufficient_privilege',
            HINT = (SELECT 'Yours are: ' || string_agg(p.purpose, ', ' ORDER BY p.purpose) || '.'
                    FROM access.purpose p WHERE p.role = me.role);
    END IF;
    IF look.emergency IS NOT NULL AND (NOT named OR me.role NOT IN ('care', 'operator')) THEN
        RAISE EXCEPTION 'Emergency access is to one named patient, by care staff.' USING
            ERRCODE = 'insufficient_privilege', HINT = 'Name the patient.';
    END IF;
    IF lift AND NOT named THEN
        RAISE EXCEPTION 'Places of protected identities are shown for one named patient at a time.' USING
            ERRCODE = 'insufficient_privilege', HINT = 'Name the patient.';
    END IF;

    IF named THEN
        IF (look.emergency IS NOT NULL OR lift)
            AND NOT asked <@ ARRAY(SELECT j FROM access.with_linked(asked[1:1]) j) THEN
            RAISE EXCEPTION 'Emergency access, and places of protected identities, are of one patient at a time.' USING
                ERRCODE = 'insufficient_privilege', HINT = 'Name one patient.';
        END IF;
        SELECT coalesce(array_agg(j), '{}') INTO asked FROM access.with_linked(asked) j;
    ELSE
        IF look.shown <> 'shown' AND look.shown !~ '^kept_' THEN
            RAISE EXCEPTION 'There is no such set of answers.' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        asked := '{}';
        IF relations IS NULL AND NOT place ?| ARRAY['unit', 'municipality', 'region'] THEN
            EXECUTE 'SELECT coalesce(array_agg(journey), ''{}'') FROM (SELECT journey FROM journal.concluded'
                ' UNION SELECT journey FROM journal.parked'
                ' UNION SELECT journey FROM journal.dead_letter WHERE journey IS NOT NULL) known' INTO asked;
        END IF;
        FOREACH relation IN ARRAY coalesce(relations, CASE WHEN place ?| ARRAY['unit', 'municipality', 'region']
            THEN ARRAY['stays', 'responsibility', 'handoffs', 'waits', 'findings'] END, '{}') LOOP
            EXECUTE format($q$
                SELECT coalesce(array_agg(DISTINCT r.journey), '{}') FROM %I.%I($1) r
                WHERE ($2 ->> 'unit' IS NULL OR r.unit = $2 ->> 'unit' OR r.organisation = $2 ->> 'unit')
                    AND ($2 ->> 'municipality' IS NULL OR r.municipality = $2 ->> 'municipality'
                        OR r.party = 'municipality:' || ($2 ->> 'municipality'))
                    AND ($2 ->> 'region' IS NULL OR r.region = $2 ->> 'region'
                        OR r.party = 'region:' || ($2 ->> 'region'))
                    AND ($2 -> 'rules' IS NULL OR $2 -> 'rules' ? r.rule)
                    AND ($2 -> 'states' IS NULL OR $2 -> 'states' ? r.state)
            $q$, look.shown, relation || '_at') INTO found USING coalesce(moment, now()), place;
            asked := asked || found;
        END LOOP;
        -- That a protected identity is to be found at a place would tell where it is.
        SELECT coalesce(array_agg(DISTINCT j), '{}') INTO asked FROM unnest(asked) j
            WHERE NOT place ?| ARRAY['unit', 'municipality', 'region'] OR j NOT IN (SELECT access.protected());
        -- Rows of one person stand under one journey, the facts under several.
        SELECT coalesce(array_agg(j), '{}') INTO asked FROM access.with_linked(asked) j;
    END IF;

    -- Inner secrecy and shared documentation: only where the reader's unit, or municipality, takes part.
    allowed_by := CASE me.role WHEN 'operator' THEN 'coordination' WHEN 'auditor' THEN 'audit' ELSE 'relation' END;
    IF me.role IN ('care', 'municipal') THEN
        SELECT coalesce(array_agg(DISTINCT r), '{}') INTO related FROM access.related(
            asked, CASE me.role WHEN 'care' THEN me.unit END, CASE me.role WHEN 'municipal' THEN me.municipality END
        ) r;
        -- The journeys of one person are one.
        SELECT coalesce(array_agg(DISTINCT j), '{}') INTO related FROM access.with_linked(related) j
            WHERE j = ANY (asked);
        IF named AND NOT asked && related AND look.emergency IS NULL THEN
            RAISE EXCEPTION 'Your unit does not take part in this patient''s care now.' USING
                ERRCODE = 'insufficient_privilege',
                HINT = 'In danger to life, or where the patient cannot be asked, use --emergency with the reason.';
        END IF;
        kept := CASE WHEN look.emergency IS NULL THEN related ELSE asked END;
    ELSE
        kept := asked;
    END IF;
    IF look.emergency IS NOT NULL THEN
        allowed_by := 'emergency';
    END IF;

    SELECT coalesce(array_agg(p), '{}') INTO protected FROM access.protected() p
        WHERE p = ANY (kept) AND NOT lift;
    IF me.role <> 'auditor' AND look.emergency IS NULL THEN
        SELECT coalesce(array_agg(w.fact), '{}'), coalesce(array_agg(w.journey), '{}'), coalesce(array_agg(w.why), '{}')
            INTO facts, facts_of, facts_why
            FROM access.withheld(kept, me.unit, me.organisation, me.role IN ('care', 'municipal')) w;
    END IF;

    INSERT INTO access.look (id, staff, role, unit, organisation, purpose, action, ground, emergency, lifted, hidden,
        veiled, session)
    VALUES (made, me.staff, me.role, me.unit, me.organisation, look.purpose, look.action, allowed_by, look.emergency,
        lift, facts, protected, access.session());
    -- Positions follow commit order, so that a relay passes none.
    LOCK TABLE access.entry IN EXCLUSIVE MODE;
    INSERT INTO access.entry (look, journey, blocked, unconsented)
        SELECT made, j, count(w.fact) FILTER (WHERE w.why = 'blocked'),
            count(w.fact) FILTER (WHERE w.why = 'unconsented')
        FROM unnest(kept) j LEFT JOIN unnest(facts, facts_of, facts_why) w (fact, journey, why) ON w.journey = j
        GROUP BY j ORDER BY j;
    NOTIFY access_entry;
    RETURN QUERY SELECT made, cardinality(kept), cardinality(array_positions(facts_why, 'blocked')),
        cardinality(array_positions(facts_why, 'unconsented')), cardinality(protected);
END $$;

-- -- checking --------------------------------------------------------------------------------------------------------

-- Which references a login's commissions gave: an auditor asks by login and sees references.
CREATE FUNCTION access.staff_of(login text) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT c.staff FROM access.commission c WHERE c.login = staff_of.login ORDER BY 1
$$;

-- Put on record what came of checking a look, by whoever is connected: an auditor, and nobody about themselves.
CREATE FUNCTION access.check_look(look uuid, verdict text, staff uuid DEFAULT NULL) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    me access.commission;
    made timestamptz;
BEGIN
    SELECT * INTO me FROM access.commissioned();
    IF me.id IS NULL AND access.administers() THEN
        me.staff := check_look.staff;
    ELSIF me.role IS DISTINCT FROM 'auditor' THEN
        RAISE EXCEPTION 'Looks are checked by auditors.' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Ask who runs carechain to give you a commission.';
    END IF;
    IF EXISTS (SELECT FROM access.look l WHERE l.id = check_look.look AND l.staff = me.staff) THEN
        RAISE EXCEPTION 'Nobody checks what they looked at themselves.' USING
            ERRCODE = 'insufficient_privilege', HINT = 'Let another auditor check it.';
    END IF;
    INSERT INTO access.checked (look, by, verdict) VALUES (check_look.look, me.staff, check_look.verdict)
        RETURNING at INTO made;
    RETURN made;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA access FROM PUBLIC;

-- -- the journal and published figures -------------------------------------------------------------------------------

-- Figures over many patients, small groups hidden, for those who see no patients.
CREATE SCHEMA figures;
CREATE TABLE figures.summary (
    made_at timestamptz NOT NULL,
    as_of timestamptz NOT NULL,
    by text NOT NULL,
    line jsonb NOT NULL
);
CREATE INDEX summary_by ON figures.summary (by);
