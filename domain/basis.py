"""What conclusions rest on besides the facts: which agreements stand, and which one holds for a case."""

import hashlib
from datetime import date
from functools import cached_property

import msgspec
from pydantic import BaseModel, ConfigDict

from domain import reference
from domain.agreement import SECTIONS, STATUTE, Agreement
from domain.amounts import Amount
from domain.tracks import Track, track


class Basis(BaseModel):
    """Agreements and reference data as adopted. Rule versions stand in the rules."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    agreements: tuple[Agreement, ...] = ()
    """Those that stand, oldest adopted first."""
    amounts: tuple[Amount, ...] | None = None
    """Socialstyrelsen's amounts per day as adopted; ``None``: those that came with the programs."""
    tracks: tuple[Track, ...] | None = None
    """Tracks between specialists and primary care as adopted; ``None``: those that came with the programs."""

    def agreement_for(
        self, region: str | None, municipality: str | None, day: date, care_form: str | None = None
    ) -> Agreement:
        """The agreement of these parties (SCB codes) for a stay of this form, in force on a day in Sweden.

        The most specific, then the one valid since latest, then the last adopted; the statute where there is none.
        """
        asked = (region, municipality, day, care_form)
        if asked not in self._known:
            self._known[asked] = self._found(*asked)
        return self._known[asked]

    def candidates(
        self, region: str | None, municipality: str | None, day: date, care_form: str | None = None
    ) -> list[Agreement]:
        """Every agreement that binds such a case on that day, the one that holds first."""
        binding = [
            agreement
            for agreement in self.agreements
            if agreement.binds(region, municipality)
            and agreement.holds_on(day)
            and agreement.covers(care_form)
        ]
        return _in_rank(binding)

    def overall_of(self, agreement: Agreement, day: date) -> Agreement | None:
        """The agreement that another one supplements, as it stands on that day."""
        if agreement.supplements is None:
            return None
        overall = [a for a in self.agreements if a.id == agreement.supplements and a.holds_on(day)]
        return _in_rank(overall)[0] if overall else None

    def with_agreement(self, agreement: Agreement) -> "Basis":
        """As if this agreement had held all along, in place of its other versions and of those of the same parties.

        The statute takes the place of all of them.
        """
        if agreement.id == STATUTE.id:
            return self._standing()
        kept = [a for a in self.agreements if a.id != agreement.id and _parties(a) != _parties(agreement)]
        always = agreement.model_copy(update={"valid_from": None, "valid_to": None})
        return self._standing(*kept, always)

    def with_values(self, values: Agreement) -> "Basis":
        """As if every agreement, and the statute where there is none, had said what ``values`` says."""
        return self._standing(*(_saying(values, said) for said in (STATUTE, *self.agreements)))

    def _standing(self, *agreements: Agreement) -> "Basis":
        # Not model_copy, which would take along what was worked out for these agreements.
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return Basis(**{**said, "agreements": agreements})

    def track(self, id: str) -> Track:
        """The track, or one with the guarantee's days where a message names a track that is not known."""
        if self.tracks is None:
            return track(id)
        return next((one for one in self.tracks if one.id == id), None) or Track(id=id, title=id)

    def named(self, name: str | None, day: date) -> Agreement | None:
        """The agreement that a row names, as it is used on that day in Sweden; ``None`` for one that is not known."""
        known = {agreement.name: agreement for agreement in (STATUTE, *self.agreements)}
        return self._used(known[name], day) if name in known else None

    def _found(
        self, region: str | None, municipality: str | None, day: date, care_form: str | None
    ) -> Agreement:
        found = self.candidates(region, municipality, day, care_form)
        return self._used(found[0], day) if found else STATUTE

    def _used(self, agreement: Agreement, day: date) -> Agreement:
        """With what it supplements, and without what cannot be reckoned."""
        overall = self.overall_of(agreement, day)
        return (agreement if overall is None else agreement.over(overall)).in_force()

    @cached_property
    def _known(self) -> dict[tuple[str | None, str | None, date, str | None], Agreement]:
        return {}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over agreements and reference data: rows of another basis are concluded anew."""
        content = [reference.digest(), self.model_dump(mode="json", exclude_unset=True)]
        return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _saying(values: Agreement, agreement: Agreement) -> Agreement:
    merged = values.over(agreement)
    return agreement.model_copy(update={section: getattr(merged, section) for section in SECTIONS})


def _parties(agreement: Agreement) -> tuple[object, ...]:
    """Whom it binds, and for which stays."""
    return (
        sorted(agreement.regions),
        sorted(agreement.municipalities),
        sorted(agreement.care_forms),
        sorted(agreement.excluded_care_forms),
    )


def _in_rank(agreements: list[Agreement]) -> list[Agreement]:
    """The one that holds first; of equals the last adopted."""
    newest_first = agreements[::-1]
    return sorted(newest_first, key=_rank, reverse=True)


def _rank(agreement: Agreement) -> tuple[bool, bool, bool, date]:
    """How specific it is, then since when it holds."""
    return (
        bool(agreement.municipalities),
        bool(agreement.care_forms or agreement.excluded_care_forms),
        bool(agreement.regions),
        agreement.valid_from or date.min,
    )
