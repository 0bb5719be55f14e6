"""Exports: journeys in the forms that other programs read, one form a file, with references in place of identities."""
