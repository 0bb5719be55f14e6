"""What the roles of PostgreSQL may do in the vault: whoever seals, and whoever only asks for keys of given journeys."""

GRANTS: tuple[tuple[str, str, str], ...] = (
    ("USAGE", "SCHEMA vault", "carechain_keeper, carechain_projector"),
    (
        "EXECUTE",
        "FUNCTION vault.content_keys(uuid[]), vault.content_key_named(uuid)",
        "carechain_keeper, carechain_projector",
    ),
    (
        "SELECT, INSERT",
        "vault.purpose_key, vault.journey, vault.person, vault.staff, vault.foreign_id, vault.content_key",
        "carechain_keeper",
    ),
    # To lock the one row while a key is made under the master key that it names.
    ("SELECT, INSERT, UPDATE", "vault.wrapping", "carechain_keeper"),
)
"""Privileges, on what, to whom. Rotating, erasing and restoring are left to the owner of the schema."""
