"""What limits who may see a journey: spärr, protected identity, consents. The rights of readers follow from this table."""

from domain.rows import Restriction
from projections.table import Column, Projection

PROJECTION = Projection(
    kind=Restriction,
    table="restrictions",
    version=1,
    own=(Column("detail", "text"),),
    state="CASE WHEN s.ended_at IS NULL THEN 'current' ELSE 'ended' END",
    indexes=("(rule) WHERE ended_at IS NULL AND valid_to IS NULL",),
)
