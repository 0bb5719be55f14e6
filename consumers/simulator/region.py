"""Where it happens: a region's hospitals, open care and municipalities, with ids made for the purpose."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain import reference
from domain.tracks import tracks

SOMATIC = "somatic"
PSYCHIATRIC = "psychiatric"


@dataclass(frozen=True)
class Municipality:
    """One municipality with the units that receive patients. Its organisation number is made up."""

    code: str
    organisation: str
    home_care: str
    """Biståndsenheten: receives for the social services."""
    nursing: str
    """Kommunal hälso- och sjukvård."""
    health_centre: str
    """The region's open care in this municipality (vårdcentral)."""
    source: str
    """The name of its record system."""
    far: bool
    """A long way to the hospital, so that more is done at home, by a team, by video."""
    private_centre: str
    """Another health centre, which a private provider runs on the region's behalf."""
    provider: str
    """That provider's organisation number, made up."""
    team: str
    """The mobile team that region and municipality have together."""


@dataclass(frozen=True)
class Hospital:
    """One hospital, its emergency department and its wards by form of care."""

    organisation: str
    emergency: str
    wards: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Area:
    """The region whose month is simulated."""

    code: str
    name: str
    organisation: str
    hospitals: tuple[Hospital, ...]
    municipalities: tuple[Municipality, ...]
    weights: Mapping[str, float]
    """How many patients a municipality has, against the others."""
    ambulance: str

    @property
    def hospital_source(self) -> str:
        return self.source("hospital")

    @property
    def open_care_source(self) -> str:
        return self.source("open-care")

    def source(self, of: str) -> str:
        """The name of a record system of the region or of those it commissions."""
        return f"simulator-{self.code}-{of}"

    def specialists(self, track: str, hospital: int) -> str:
        """The unit that takes referrals on a track, at one of the hospitals."""
        number = [known.id for known in tracks()].index(track) + 1
        return f"{self.hospitals[hospital].organisation}T{number}"

    @property
    def party(self) -> str:
        return f"region:{self.code}"

    def municipality(self, code: str) -> Municipality:
        return next(unit for unit in self.municipalities if unit.code == code)


def area(name_or_code: str) -> Area:
    """The region somebody names, with units; raises Refused, with a suggestion, when there is none."""
    region = reference.find_region(name_or_code)
    municipalities = tuple(
        _municipality(unit.code, index, region.organisation_number)
        for index, unit in enumerate(reference.municipalities())
        if unit.region_code == region.code
    )
    return Area(
        code=region.code,
        name=region.name,
        organisation=f"orgnr:{region.organisation_number}",
        hospitals=tuple(_hospital(region.organisation_number, number) for number in (1, 2, 3)),
        municipalities=municipalities,
        weights={unit.code: _weight(unit.code) for unit in municipalities},
        ambulance=f"hsa:SE{region.organisation_number}-SIMAMB",
    )


def _weight(code: str) -> float:
    """By the code alone: ``80`` is the county's chief town, other eighties old towns, the rest is country.

    The reference data holds no populations; this is only so that patients are not spread evenly.
    """
    if code[2:] == "80":
        return 10
    return 3 if code[2] == "8" else 1


def _hospital(organisation_number: str, number: int) -> Hospital:
    stem = f"hsa:SE{organisation_number}-SIMH{number}"
    return Hospital(
        organisation=stem,
        emergency=f"{stem}AKM",
        wards={
            SOMATIC: tuple(f"{stem}A{ward}" for ward in range(1, 7)),
            PSYCHIATRIC: tuple(f"{stem}P{ward}" for ward in range(1, 3)),
        },
    )


def _municipality(code: str, index: int, region_number: str) -> Municipality:
    number, provider = _made_up_number(f"212000{700 + index}"), _made_up_number(f"559990{700 + index}")
    stem = f"hsa:SE{number}-SIM{code}"
    return Municipality(
        code=code,
        organisation=f"orgnr:{number}",
        home_care=f"{stem}BE",
        nursing=f"{stem}HSL",
        health_centre=f"hsa:SE{region_number}-SIMVC{code}",
        source=f"simulator-{code}-care",
        far=code[2] != "8",
        private_centre=f"hsa:SE{provider}-SIMPVC{code}",
        provider=f"orgnr:{provider}",
        team=f"hsa:SE{region_number}-SIMMT{code}",
    )


def _made_up_number(nine: str) -> str:
    """With its check digit; of a municipality's or a company's form, and higher than any in use."""
    doubled = "".join(str(int(digit) * (2 - place % 2)) for place, digit in enumerate(nine))
    return nine + str(-sum(map(int, doubled)) % 10)
