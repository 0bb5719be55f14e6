"""What lines of the signed list of erasures make of the vault: keys destroyed, and who it was forgotten."""

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from infra.erasure_list import Line
from infra.postgres import Connection

_LINES = """
    CREATE TEMPORARY TABLE erasing ON COMMIT DROP AS
    SELECT (said ->> 'erasure')::uuid AS id, (said ->> 'proposal')::uuid AS proposal,
        (said ->> 'journey')::uuid AS journey, said ->> 'controller' AS controller, said ->> 'regime' AS regime,
        said ->> 'digest' AS digest, (said ->> 'last_entry')::date AS last_entry,
        said ->> 'ground' AS ground, said ->> 'decision' AS decision, (said ->> 'decided_on')::date AS decided_on,
        (said ->> 'proposed_by')::uuid AS proposed_by, (said ->> 'proposed_at')::timestamptz AS proposed_at,
        (said ->> 'confirmed_by')::uuid AS confirmed_by, (said ->> 'confirmed_at')::timestamptz AS confirmed_at,
        coalesce((said ->> 'identity')::boolean, false) AS identity, (said ->> 'at')::timestamptz AS at, line
    FROM unnest(%s::jsonb[], %s::text[]) AS given (said, line)
"""
# A key that this vault has never had is put down as destroyed, too: none is made for that part of the journey again.
_KEYS = """
    INSERT INTO vault.content_key (id, journey, controller, regime, wrapped, destroyed_at)
    SELECT gen_random_uuid(), journey, controller, regime, NULL, min(at) FROM erasing
    GROUP BY journey, controller, regime ORDER BY journey, controller, regime
    ON CONFLICT (journey, controller, regime) DO UPDATE SET
        wrapped = NULL, master = NULL, destroyed_at = coalesce(content_key.destroyed_at, excluded.destroyed_at)
"""
# With the last part of a journey goes who the patient is.
_FORGOTTEN = """
    CREATE TEMPORARY TABLE forgotten ON COMMIT DROP AS
    SELECT DISTINCT journey FROM erasing e WHERE identity
        OR digest IS NULL AND NOT EXISTS
            (SELECT FROM vault.content_key k WHERE k.journey = e.journey AND k.wrapped IS NOT NULL)
"""
_PERSONS = "DELETE FROM vault.person WHERE journey IN (SELECT journey FROM forgotten)"
_FOREIGN = "DELETE FROM vault.foreign_id WHERE journey IN (SELECT journey FROM forgotten)"
_PROPOSALS = """
    INSERT INTO vault.proposal (id, ground, decision, decided_on, proposed_by, proposed_at, confirmed_by, confirmed_at)
    SELECT DISTINCT ON (proposal) proposal, ground, decision, decided_on, proposed_by, proposed_at, confirmed_by,
        confirmed_at
    FROM erasing ORDER BY proposal
    ON CONFLICT (id) DO UPDATE SET confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at,
        withdrawn_by = NULL, withdrawn_at = NULL
"""
_ERASURES = """
    INSERT INTO vault.erasure
        (id, proposal, journey, controller, regime, digest, last_entry, line, destroyed_at, identity)
    SELECT id, proposal, journey, controller, regime, digest, last_entry, line, at, identity FROM erasing
    ON CONFLICT (id) DO UPDATE SET line = excluded.line, destroyed_at = excluded.destroyed_at,
        identity = excluded.identity, kept_because = NULL
"""


def destroy(connection: Connection, lines: Sequence[Line]) -> None:
    """Do to the vault what these lines say, in the caller's transaction. A second time changes nothing."""
    connection.execute(_LINES, ([Jsonb(line.said) for line in lines], [line.text for line in lines]))
    for statement in (_KEYS, _FORGOTTEN, _PERSONS, _FOREIGN, _PROPOSALS, _ERASURES):
        connection.execute(statement)
    # Whoever holds keys in memory lets go of them before the next batch.
    connection.execute("UPDATE vault.wrapping SET generation = generation + 1")
    connection.execute("DROP TABLE erasing, forgotten")
